// The pages of people: staff look somebody up, decide a likely duplicate by keyboard and undo it; a phone sees its own data.
// Narrow and wide, WCAG 2.1 AA by axe, nothing that scrolls sideways.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { prove } from "./checkin-lib.mjs";
import { axe, comeIn, invite, launch, missing, page1440, screenshot, startKhien, hangMs } from "./lib.mjs";

const skip = missing();
let browser, khien, staff, who;

before(async () => {
  if (skip) return;
  browser = await launch();
  khien = await startKhien();
  const admin = await comeIn(browser, page1440, khien.log().match(/http:\S+\/set-up\/\S+/)[0], { login: "quantri", full_name: "Nông Thị Quản Trị" });
  staff = await comeIn(browser, page1440, await invite(khien, admin, "canbo", "Hoàng Thị Cán Bộ", ["health_officer"], "2021/20"));
  const enter = (name, year, phone, day) => staff.request.post(khien.url + "api/v1/cases", { data: { classification: "confirmed", name, birth_year: year, sex: "female", phone, area: "2021/20/186/06457", confirmed: day, reported: day } });
  for (const response of [await enter("Nguyễn Thị Hương Giang", 1988, "0912345678", "2021-05-13"), await enter("Nguyen Thi Huong Giang", 1988, "0987654321", "2021-05-14")])
    assert.equal(response.status(), 201, await response.text());
});

after(async () => {
  await browser?.close();
  await khien?.stop();
});

/** look checks the page that is open on a phone and on a desk. */
async function look(tab, name) {
  for (const width of [390, 1440]) {
    await tab.setViewportSize({ width, height: 900 });
    assert.deepEqual(await axe(tab), [], `${name} ${width}`);
    assert.ok(await tab.evaluate(() => document.documentElement.scrollWidth <= innerWidth + 1), `${name} ${width} scrolls sideways`);
    await screenshot(tab, `people-${name}-${width}`, { fullPage: true });
  }
}

test("an officer looks somebody up and changes them", { skip, timeout: hangMs }, async () => {
  await staff.goto(khien.url + "people");
  await look(staff, "search");
  await staff.fill("[name=name]", "nguyen thi huong giang");
  await staff.fill("[name=birth_year]", "1988");
  await staff.selectOption("[name=purpose]", "trace");
  await staff.click("main form button");
  await staff.waitForSelector("tbody a");
  assert.equal(await staff.locator("tbody a").count(), 2);
  assert.ok(!staff.url().includes("1988"), "nothing personal in the address");
  await look(staff, "found");
  await staff.click("tbody a");
  await staff.waitForSelector("dl.kv");
  who = new URL(staff.url()).pathname;
  await look(staff, "person");
  await staff.click("a[href*='/edit']");
  await staff.fill("[name=occupation]", "Giáo viên");
  await staff.fill("[name=household]", "HK 12");
  await staff.selectOption("[name=paper_kind]", "citizen_card");
  await staff.fill("[name=paper]", "020 088 001 234");
  await look(staff, "edit");
  await staff.click("main form button");
  await staff.waitForSelector(".alert-warn");
  assert.match(await staff.textContent("main"), /giới tính khác/);
  assert.match(await staff.textContent("main"), /Giáo viên/);
  await look(staff, "flaw");
  await staff.goto(new URL(who + "/phones", khien.url).href);
  await look(staff, "phones");
});

test("a likely duplicate is decided by keyboard and taken back", { skip, timeout: hangMs }, async () => {
  await staff.goto(khien.url + "people/reviews");
  await look(staff, "review");
  await staff.focus("button[value=same]");
  await staff.keyboard.press("Enter");
  await staff.waitForSelector("form[action='/people/reviews/undo']");
  await look(staff, "review-done");
  await staff.focus("form[action='/people/reviews/undo'] button");
  await staff.keyboard.press("Enter");
  await staff.waitForSelector("button[value=distinct]");
  assert.deepEqual(staff.problems, []);
  await staff.goto(khien.url + "people/challenges");
  await look(staff, "challenges");
});

test("a phone sees its own data, and files a challenge", { skip, timeout: hangMs }, async () => {
  const demo = await startKhien({ args: ["--demo"] });
  try {
    const tab = await page1440(browser);
    await tab.goto(demo.url + "me/data");
    await prove(tab, demo.url, "0199 000 777", { name: "Lăng Thị Thử", birth: "1990" });
    await tab.goto(demo.url + "me/data");
    assert.match(await tab.textContent("main"), /chỉ hiện những gì gửi từ chính điện thoại này/);
    await tab.fill("[name=text]", "Năm sinh của tôi bị ghi sai.");
    await tab.click("#challenge button");
    await tab.waitForSelector("#challenge article");
    assert.match(await tab.textContent("#challenge"), /Năm sinh của tôi bị ghi sai\..*/s);
    await look(tab, "own");
    const file = await tab.request.get(demo.url + "me/data.json");
    assert.equal((await file.json()).confirmed, false);
    await tab.context().close();
  } finally {
    await demo.stop();
  }
});
