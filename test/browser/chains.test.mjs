// The chains: a drawing that moves by mouse, finger and key, opens a case, and works without a script; who infected whom by
// form, taken back and restored; the curves. Narrow and wide, WCAG 2.1 AA by axe, nothing that scrolls sideways.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { axe, comeIn, invite, launch, missing, page1440, page390, screenshot, startKhien, hangMs } from "./lib.mjs";

const skip = missing();
let browser, khien, admin, staff, district;

const day = (n) => new Date(Date.UTC(2021, 4, 1) + n * 86400000).toISOString().slice(0, 10);
const communes = ["2021/20/186/06412", "2021/20/186/06457", "2021/20/187/06463"];
const sources = ["community", "quarantine", "lockdown_zone", "screening", "imported"];

/** invent gives 90 cases in two chains and alone, and who infected whom. */
function invent() {
  const cases = [], edges = [];
  for (let n = 1; n <= 90; n++) {
    const onset = Math.floor(n / 3);
    cases.push({ number: `LS${n}`, classification: "confirmed", area: communes[n % 3], source: sources[n % 5], onset: day(onset), confirmed: day(onset + 2), reported: day(onset + 3) });
    if (n > 1 && n <= 60) edges.push([`LS${Math.max(1, Math.floor(n / 3))}`, `LS${n}`, day(onset - 1), n % 2 ? "Chắc chắn" : "Có thể"]);
    if (n > 61 && n <= 80) edges.push([`LS${n - 1}`, `LS${n}`, "", ""]);
  }
  return { cases, edges: [...edges, ["LS80", "LS61", "", ""], ["LS90", "LS90", "", ""], ["LS7", "LS20", "", ""], ["Lái_xe_A", "LS85", "", ""]] };
}

before(async () => {
  if (skip) return;
  browser = await launch();
  khien = await startKhien();
  admin = await comeIn(browser, page1440, khien.log().match(/http:\S+\/set-up\/\S+/)[0], { login: "quantri", full_name: "Nông Thị Quản Trị" });
  staff = await comeIn(browser, page1440, await invite(khien, admin, "truyvet", "Hoàng Văn Truy Vết", ["health_officer"], "2021/20"));
  district = await comeIn(browser, page390, await invite(khien, admin, "huulung", "Lý Thị Hữu Lũng", ["health_officer"], "2021/20/186"));
  const { cases, edges } = invent();
  for (const data of cases) {
    const response = await staff.request.post(khien.url + "api/v1/cases", { data });
    assert.equal(response.status(), 201, await response.text());
  }
  const list = join(khien.data, "edges.csv");
  writeFileSync(list, "Nguồn lây,Người bị lây,Ngày tiếp xúc,Mức độ chắc chắn\n" + edges.map((e) => e.join(",")).join("\n"));
  const report = khien.run("import", "edges", list);
  assert.equal(report.added, edges.length);
  assert.deepEqual(report.dangling, ["Lái_xe_A"]);
  assert.equal(khien.run("import", "edges", list).added, 0, "twice changes nothing");
  const seen = async () => (await (await staff.request.get(khien.url + "api/v1/chains")).json()).edges;
  while ((await seen()) < edges.length - 1) await new Promise((again) => setTimeout(again, 500)); // the server hears of the other program
});

after(async () => {
  await browser?.close();
  await khien?.stop();
});

/** look checks the page that is open on a phone and on a desk. */
async function look(tab, name) {
  for (const width of [390, 1440]) {
    await tab.setViewportSize({ width, height: 900 });
    await tab.waitForLoadState("networkidle");
    assert.deepEqual(await axe(tab), [], `${name} ${width}`);
    assert.ok(await tab.evaluate(() => document.documentElement.scrollWidth <= innerWidth + 1), `${name} ${width} scrolls sideways`);
    await screenshot(tab, `chains-${name}-${width}`, { fullPage: true });
  }
}

test("the command sums up what the page shows", { skip, timeout: hangMs }, async () => {
  const f = khien.run("chains");
  assert.equal(f.cases, 90);
  assert.deepEqual(f.self_loops, ["LS90"]);
  assert.equal(f.cycles.length, 1);
  assert.deepEqual(f.dangling, ["Lái_xe_A"]);
  for (const key of ["cases", "edges", "generations", "clusters", "largest_cluster", "top", "R", "k", "serial_interval"]) assert.ok(key in f, key);
});

test("the drawing moves, zooms and opens a case", { skip, timeout: hangMs }, async () => {
  await staff.goto(khien.url + "chains");
  await staff.waitForSelector(".chain-tiles img");
  await look(staff, "all");
  const box = staff.locator(".chain-box");
  await box.scrollIntoViewIfNeeded();
  const level = async () => Number(await box.getAttribute("data-level"));
  const begin = await level();
  await box.focus();
  for (let n = begin; n < 8; n++) await staff.keyboard.press("+");
  assert.equal(await level(), 8);
  await staff.keyboard.press("Home");
  assert.equal(await level(), begin);
  for (let n = begin; n < 8; n++) await staff.click(".chain-buttons button:first-child");
  const hash = () => staff.evaluate(() => location.hash);
  const before = await hash(), r = await box.boundingBox();
  await staff.mouse.move(r.x + 400, r.y + 300);
  await staff.mouse.down();
  await staff.mouse.move(r.x + 200, r.y + 250, { steps: 5 });
  await staff.mouse.up();
  assert.notEqual(await hash(), before, "dragged");
  await staff.keyboard.press("Home");
  for (let n = await level(); n < 8; n++) await staff.keyboard.press("+");
  await staff.waitForLoadState("networkidle");
  await box.screenshot({ path: await screenshot(staff, "chains-near-1440") });
  // The first case stands in the first row on the first day: half a day and a row from the corner.
  const [, left, top] = /#at=8,(-?\d+),(-?\d+)/.exec(await hash()).map(Number);
  for (let x = left; x > -24; x -= 80) await staff.keyboard.press("ArrowLeft");
  for (let y = top; y > -24; y -= 80) await staff.keyboard.press("ArrowUp");
  const [, l, t] = /#at=8,(-?\d+),(-?\d+)/.exec(await hash()).map(Number);
  const b = await box.boundingBox();
  await staff.mouse.click(b.x + 8 - l + 1, b.y + 8 - t + 1);
  await staff.waitForURL(/\/cases\/[0-9a-f-]{36}/);
  assert.match(await staff.textContent("h1"), /LS1$/);
  await staff.click("a[href^='/chains?case=']");
  await staff.waitForSelector(".chain-tiles img");
  assert.match(await staff.textContent("main"), /Ca LS1: lây từ ai/);
  await look(staff, "one");
  assert.deepEqual(staff.problems, []);
});

test("who infected whom is noted, refused, taken back and restored", { skip, timeout: hangMs }, async () => {
  await staff.goto(khien.url + "chains?case=LS88");
  await staff.fill("[name=infector]", "LS1");
  await staff.fill("[name=infectee]", "LS1");
  await staff.fill("[name=link_reason]", "cùng xe");
  await staff.click("form[action='/chains/links'] button");
  await staff.waitForSelector(".field-error:has-text('cùng một ca')");
  await look(staff, "refused");
  await staff.fill("[name=infectee]", "LS88");
  await staff.fill("[name=exposed_on]", day(20));
  await staff.selectOption("[name=link_certainty]", "certain");
  await staff.click("form[action='/chains/links'] button");
  await staff.waitForSelector(".alert-good");
  assert.match(await staff.textContent("main"), /cùng xe/);
  await staff.click("tbody form button");
  await staff.waitForSelector("form[action$='/restore']");
  assert.doesNotMatch(await staff.textContent("main"), /cùng xe/);
  await staff.click("form[action$='/restore'] button");
  await staff.waitForSelector("tbody form button");
  assert.match(await staff.textContent("main"), /cùng xe/);
});

test("another district sees dots; a finger moves them; no script is needed", { skip, timeout: hangMs }, async () => {
  await district.goto(khien.url + "chains");
  await district.waitForSelector(".chain-tiles img");
  assert.match(await district.textContent("main"), /là ca ngoài địa bàn/);
  await look(district, "district");
  const tile = await (await district.request.get(khien.url + "chains/tiles/8/0/0")).text();
  assert.ok(tile.includes(">LS1<"), "own case");
  const foreign = await district.request.get(khien.url + "chains?case=LS2"); // LS2 lies in Chi Lăng
  assert.match(await foreign.text(), /không thuộc địa bàn/);
  const plain = await browser.newContext({ javaScriptEnabled: false, locale: "vi-VN", storageState: await district.context().storageState(), viewport: { width: 390, height: 844 } });
  const still = await plain.newPage();
  await still.goto(khien.url + "chains?case=LS1&level=8");
  await still.locator("input[type=image]").click({ position: { x: 9, y: 9 } });
  await still.waitForURL(/\/cases\/[0-9a-f-]{36}/);
  await still.goto(khien.url + "chains");
  await screenshot(still, "chains-still-390", { fullPage: true });
  await still.click("text=Thu nhỏ");
  assert.match(still.url(), /level=/);
  await plain.close();
});

test("the curves, by day and week", { skip, timeout: hangMs }, async () => {
  await staff.goto(khien.url + "curves");
  await staff.waitForSelector(".curve-bars rect");
  await look(staff, "curve");
  await staff.goto(khien.url + "curves?by=reported&step=week");
  await staff.click("summary:has-text('Bảng số liệu')");
  await look(staff, "curve-week");
  await staff.goto(khien.url + "curves?from=2021-05-10&to=2021-05-01");
  await staff.waitForSelector(".alert-bad");
  await staff.goto(khien.url + "cases");
  await staff.waitForSelector(".tabs [aria-current=page]");
  assert.deepEqual(staff.problems.filter((p) => !p.includes("422")), []);
});

test("a level is proposed, decided, shown to all and taken back", { skip, timeout: hangMs }, async () => {
  const committee = await comeIn(browser, page1440, await invite(khien, admin, "uyban", "Vi Thị Uỷ Ban", ["steering_committee"], "2021/20"));
  const of = khien.url + "levels/of/" + communes[0];
  await staff.goto(of);
  for (const [name, value] of [["people", "5000"], ["one_dose", "65,5"], ["full_older", "85"], ["data_source", "Trạm y tế xã"]]) await staff.fill(`[name=${name}]`, value);
  await staff.click("form[action='/levels/standing'] button");
  await staff.waitForSelector(".alert-good");
  await committee.goto(khien.url + "levels");
  await look(committee, "levels");
  await committee.check("[name=only]");
  await committee.click("main form button");
  await committee.waitForSelector(".empty");
  await committee.goto(of);
  await look(committee, "level");
  const reader = await page390(browser);
  const shown = async () => {
    await reader.goto(khien.url + "area/" + communes[0]);
    return reader.locator(".badge-level-3").count();
  };
  assert.equal(await shown(), 0, "a proposal is not public");
  await committee.selectOption("[name=level]", "3");
  await committee.fill("[name=reason_given]", "Chợ phiên đông, nhiều ca chưa rõ nguồn lây");
  await committee.click("form[action='/levels'] button");
  await committee.waitForSelector(".alert-good");
  await look(committee, "level-decided");
  while (!(await shown())) await new Promise((again) => setTimeout(again, 200));
  await screenshot(reader, "chains-level-public-390", { fullPage: true });
  await reader.goto(khien.url + "?edition=2021&level=commune");
  assert.ok((await reader.locator("#map-table .badge-level-3").count()) > 0, "in the table");
  assert.deepEqual(await axe(reader), []);
  await committee.click("form[action$='/undo'] button");
  await committee.waitForSelector("text=đã thu hồi");
  while (await shown()) await new Promise((again) => setTimeout(again, 200));
  assert.deepEqual(committee.problems, []);
});
