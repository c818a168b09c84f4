// A day in the life of the tracers: a positive result is entered, the contacts stand on the list, an order is signed and printed, the days are checked by
// the contact's own link and by the officer, one contact turns case and has contacts of their own, another is released; and the officer of the
// district beside it sees only who is theirs. All people are invented.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { axe, comeIn, hangMs, invite, launch, missing, page1440, page390, patienceMs, screenshot, startKhien } from "./lib.mjs";

const skip = missing();
const minhHoa = "2021/20/186/06457", vanAn = "2021/20/187/06463";
const people = {
  an: { name: "Hoàng Văn An Thử", phone: "0199000101", birth: "1981" },
  binh: { name: "Lương Thị Bình Thử", phone: "0199000102", birth: "1984" },
  dung: { name: "Vi Văn Dũng Thử", phone: "0199000103", birth: "1990" },
  em: { name: "Nông Thị Em Thử", phone: "0199000104", birth: "1995" },
};
let browser, khien, huulung, chilang;

before(async () => {
  if (skip) return;
  browser = await launch();
  khien = await startKhien();
  const admin = await comeIn(browser, page1440, khien.log().match(/http:\S+\/set-up\/\S+/)[0], { login: "quantri", full_name: "Nông Thị Quản Trị" });
  huulung = await comeIn(browser, page1440, await invite(khien, admin, "huulung", "Cán bộ Hữu Lũng", "health_officer", "2021/20/186"));
  chilang = await comeIn(browser, page390, await invite(khien, admin, "chilang", "Cán bộ Chi Lăng", "health_officer", "2021/20/187"));
  const file = join(khien.data, "nguoi.csv");
  const row = (p, district, commune) => `${p.name},${p.birth},${p.phone},Lạng Sơn,${district},${commune}`;
  writeFileSync(file, ["họ và tên,ngày sinh,số điện thoại,tỉnh,huyện,xã", row(people.an, "Hữu Lũng", "Minh Hòa"), row(people.binh, "Hữu Lũng", "Minh Hòa"),
    row(people.dung, "Chi Lăng", "Vân An"), row(people.em, "Chi Lăng", "Vân An")].join("\n") + "\n");
  assert.equal(khien.run("import", "people", file).new, 4);
});

after(async () => {
  await browser?.close();
  await khien?.stop();
});

let made = Date.now();
/** uuid7 is a fresh one of version 7. */
function uuid7() {
  const hex = (made++).toString(16).padStart(12, "0");
  return hex.slice(0, 8) + "-" + hex.slice(8) + "-7" + randomUUID().slice(15);
}

const day = (back) => new Date(Date.now() + 7 * 3600e3 - back * 86400e3).toISOString().slice(0, 10); // in Vietnam
/** at is a moment yesterday or before, by Vietnam's clock. */
const at = (back, clock) => new Date(`${day(back)}T${clock}:00+07:00`).toISOString();

async function api(tab, path, data) {
  const answer = await tab.request.post(khien.url + "api/v1/" + path, { data });
  assert.ok(answer.ok(), `${path}: ${answer.status()} ${await answer.text()}`);
  return answer.json();
}

/** stay notes who was at a place from when to when, as its keeper types it. */
async function stay(tab, name, area, back, from, to, who) {
  const place = await api(tab, "places", { id: uuid7(), name, kind: "restaurant", area });
  const rows = who.map((p) => ({ id: uuid7(), at: at(back, from), name: p.name, phone: p.phone, birth: p.birth }));
  const said = await api(tab, `places/${place.id}/visits`, { sent_at: new Date().toISOString(), visits: [...rows, ...rows.map((r) => ({ ...r, id: uuid7(), at: at(back, to), leave: true }))] });
  assert.deepEqual(said.visits?.filter((v) => v.state === "refused") ?? [], [], JSON.stringify(said));
}

/** until asks again and again, as somebody who reloads a page would. */
async function until(ask) {
  const end = Date.now() + patienceMs;
  for (;;) {
    const got = await ask();
    if (got || Date.now() > end) return got;
    await new Promise((again) => setTimeout(again, 200));
  }
}

/** listed is the page of a contact on the tab's list, once it is there. */
const listed = (tab, name) => until(async () => {
  await tab.goto(khien.url + "contacts");
  const link = tab.locator("tbody a", { hasText: name }).first();
  return (await link.count()) ? link.getAttribute("href") : null;
});

/** gone holds once the tab's list has nobody of that name. */
const gone = (tab, name) => until(async () => {
  await tab.goto(khien.url + "contacts");
  return (await tab.locator("tbody a", { hasText: name }).count()) === 0;
});

const says = (tab, path, text) => until(async () => {
  const answer = await tab.goto(khien.url + path.replace(/^\//, ""));
  return answer.status() === 200 && (await tab.textContent("main")).includes(text);
});

async function look(tab, name) {
  for (const width of [390, 1440]) {
    await tab.setViewportSize({ width, height: 900 });
    assert.deepEqual(await axe(tab), [], `${name} ${width}`);
    assert.ok(await tab.evaluate(() => document.documentElement.scrollWidth <= innerWidth + 1), `${name} ${width} scrolls sideways`);
    await screenshot(tab, `day-${name}-${width}`, { fullPage: true });
  }
}

async function enterCase(tab, p, area, more = {}) {
  await tab.goto(khien.url + "cases/new");
  await tab.selectOption("[name=classification]", "confirmed");
  await tab.selectOption("[name=area]", area);
  for (const [name, value] of Object.entries({ name: p.name, phone: p.phone, birth_year: p.birth, onset: day(0), specimen: day(0), confirmed: day(0), reported: day(0), ...more })) await tab.fill(`[name=${name}]`, value);
  await tab.click("main form button.btn-primary");
  await tab.waitForURL(/\/cases\/[0-9a-f-]{36}/);
}

let binh, dung;

test("a positive result puts its contacts on the tracers' lists, each on theirs", { skip, timeout: hangMs }, async () => {
  await stay(huulung, "Quán Cơm Thử", minhHoa, 1, "10:00", "11:00", [people.an, people.binh, people.dung]);
  await stay(chilang, "Quán Phở Thử", vanAn, 1, "15:00", "16:00", [people.dung, people.em]);
  await enterCase(huulung, people.an, minhHoa, { number: "BN9001" });
  await look(huulung, "case");
  binh = await listed(huulung, people.binh.name);
  assert.ok(binh, "Bình met the case");
  dung = await listed(huulung, people.dung.name);
  assert.ok(dung, "Dũng met the case in this district");
  await look(huulung, "list");

  assert.equal(await listed(chilang, people.dung.name), dung, "Dũng lives in the other district");
  assert.doesNotMatch(await chilang.textContent("main"), /Bình Thử/);
  assert.equal((await chilang.goto(khien.url + binh.slice(1))).status(), 404, "Bình's page says nothing there");
  assert.equal((await chilang.request.get(khien.url + "api/v1" + binh)).status(), 404);

  await huulung.goto(khien.url + binh.slice(1));
  assert.match(await huulung.textContent("main"), /Quán Cơm Thử/);
  await look(huulung, "contact");
});

test("who asks says why, and every meeting explains itself", { skip, timeout: hangMs }, async () => {
  await huulung.goto(khien.url + "cases");
  await huulung.click("tbody a");
  await huulung.click("a[href^='/trace?case=']");
  assert.equal(await huulung.inputValue("[name=case]"), "BN9001", "people know a case by its number");
  await huulung.fill("[name=purpose]", "truy vết ca bệnh hôm nay");
  await huulung.check("[name=second]");
  await huulung.click("main form button.btn-primary");
  const said = await huulung.textContent("main");
  for (const text of ["Bình Thử", "Dũng Thử", "Quán Cơm Thử", "60"]) assert.ok(said.includes(text), text);
  assert.doesNotMatch(said, /Em Thử/, "who met a contact elsewhere is counted, not named");
  await look(huulung, "trace");
});

test("a visit that is wrong goes with the contact that it found, and comes back", { skip, timeout: hangMs }, async () => {
  await huulung.goto(khien.url + binh.slice(1));
  await huulung.click("main a[href^='/people/']");
  await huulung.click("a[href*='/visits?purpose=']");
  assert.match(await huulung.textContent("tbody"), /Quán Cơm Thử/);
  await look(huulung, "visits");
  await huulung.click("tbody summary");
  await huulung.fill("tbody [name=reason]", "x");
  await huulung.$eval("tbody [name=reason]", (field) => field.form.setAttribute("novalidate", ""));
  await huulung.click("tbody details button");
  await huulung.click(".alert-bad a");
  assert.equal(await huulung.evaluate(() => document.activeElement.name), "reason", "the fault leads to its field");
  await huulung.fill("tbody [name=reason]", "quét nhầm thẻ của người khác");
  await look(huulung, "visits-why");
  await huulung.click("tbody details button");
  await huulung.waitForSelector("tbody .badge-bad");
  await look(huulung, "visits-withdrawn");
  const visits = huulung.url();
  assert.equal(await gone(huulung, people.binh.name), true, "who was never there is no contact");
  await huulung.goto(visits);
  await huulung.click("tbody form button");
  await huulung.waitForSelector("tbody summary");
  assert.equal(await listed(huulung, people.binh.name), binh);
});

test("a confirmed contact has a plan, a signed order and checks", { skip, timeout: hangMs }, async () => {
  await huulung.goto(khien.url + binh.slice(1));
  await huulung.click("button[value=confirm]");
  const watch = "/followups" + binh.slice("/contacts".length);
  assert.ok(await says(huulung, watch, people.binh.name), "the watch begins");
  await look(huulung, "watch");

  await huulung.selectOption("[name=order_kind]", { index: 0 });
  await huulung.fill("[name=order_place]", "Trung tâm y tế huyện Hữu Lũng");
  await huulung.locator("form[action$='/orders'] button").click();
  await huulung.waitForURL(/\/orders\/[0-9a-f-]{36}/);
  await huulung.fill("[name=sign_as]", "Phó Chủ tịch");
  await huulung.locator("form[action='/orders/sign'] button").click();
  await huulung.waitForSelector("a[href$='order.pdf']");
  assert.match(await huulung.textContent("main h1"), /\/QĐ/, "the signed order has its number");
  const paper = await huulung.request.get(new URL(await huulung.getAttribute("a[href$='order.pdf']", "href"), khien.url).href);
  assert.equal((await paper.body()).subarray(0, 5).toString(), "%PDF-");
  await look(huulung, "order");

  await huulung.goto(khien.url + watch.slice(1));
  await huulung.locator("form[action$='/link'] button").click();
  const link = await huulung.getAttribute(".link-text a", "href");
  const phone = await page390(browser, { javaScriptEnabled: false });
  await phone.goto(new URL(new URL(link).pathname, khien.url).href);
  await phone.fill("[name=temperature]", "36,6");
  await phone.check("[name=no_signs]");
  await screenshot(phone, "day-own-390", { fullPage: true });
  await phone.click("main form button.btn-primary");
  assert.ok(await phone.locator(".alert-good").count(), "the contact's own check is taken");
  assert.ok(await says(huulung, watch, "36,6"), "and the officer sees it");
});

test("a contact turns case and has contacts; another is released", { skip, timeout: hangMs }, async () => {
  await chilang.goto(khien.url + dung.slice(1));
  await chilang.click("button[value=confirm]");
  const watch = "/followups" + dung.slice("/contacts".length);
  assert.ok(await says(chilang, watch, people.dung.name));
  await chilang.evaluate(() => document.querySelectorAll("details").forEach((d) => (d.open = true)));
  await chilang.locator("form[action$='/checks'] [name=signs]").first().check();
  await chilang.locator("form[action$='/checks'] button.btn-primary").click();
  await chilang.waitForSelector(".alert-bad", { timeout: patienceMs });
  assert.ok(await listed(chilang, people.em.name), "who met a confirmed contact stands on the list");

  await enterCase(chilang, people.dung, vanAn);
  assert.ok(await says(chilang, dung, "Thành ca bệnh"), "the contact became a case");
  const em = await listed(chilang, people.em.name);
  assert.ok(await until(async () => {
    await chilang.goto(khien.url + em.slice(1));
    return (await chilang.locator(".badge", { hasText: "F1" }).count()) > 0;
  }), "and who was their F2 is an F1");
  await screenshot(chilang, "day-cascade-390", { fullPage: true });
  await huulung.goto(khien.url + "contacts");
  assert.doesNotMatch(await huulung.textContent("main"), /Em Thử/);

  const of = "/followups" + binh.slice("/contacts".length);
  await huulung.goto(khien.url + of.slice(1));
  await huulung.evaluate(() => document.querySelectorAll("details").forEach((d) => (d.open = true)));
  await huulung.fill("[name=release_on]", day(0));
  await huulung.locator("form[action$='/release'] [name=watch_reason]").fill("xét nghiệm âm tính, được giảm thời gian");
  await huulung.locator("form[action$='/release'] button").click();
  assert.ok(await says(huulung, binh, "Hết theo dõi"), "the contact is released");

  await huulung.goto(khien.url + of.slice(1));
  await huulung.locator("summary", { hasText: "Mở lại theo dõi" }).click();
  await look(huulung, "resume");
  await huulung.locator("form[action$='/resume'] [name=watch_reason]").fill("kết thúc nhầm người");
  await huulung.locator("form[action$='/resume'] button").click();
  assert.ok(await says(huulung, of, "kết thúc nhầm người"), "the release is taken back, and why");
  assert.ok(await says(huulung, binh, "Đã xác nhận"), "and the contact is active again");
  await look(huulung, "resumed");
  assert.deepEqual(huulung.problems.filter((p) => !/status of 4/.test(p)), []);
});

test("a case without a year of birth says that its contacts wait", { skip, timeout: hangMs }, async () => {
  await enterCase(huulung, { name: "Hứa Văn Giang Thử", phone: "0199000109", birth: "" }, minhHoa);
  assert.match(await huulung.textContent("main"), /người tiếp xúc còn chờ so sánh/);
  await look(huulung, "case-waits");
});
