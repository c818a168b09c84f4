// A case in full: its parts by form, what the rules propose, what is taken away and put back; and a list whose columns are matched,
// tried, saved and imported. Narrow and wide, WCAG 2.1 AA by axe, nothing that scrolls sideways.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { axe, comeIn, invite, launch, missing, page1440, screenshot, startKhien, hangMs } from "./lib.mjs";

const skip = missing();
let browser, khien, staff;

before(async () => {
  if (skip) return;
  browser = await launch();
  khien = await startKhien();
  const admin = await comeIn(browser, page1440, khien.log().match(/http:\S+\/set-up\/\S+/)[0], { login: "quantri", full_name: "Nông Thị Quản Trị" });
  staff = await comeIn(browser, page1440, await invite(khien, admin, "canbo", "Hoàng Thị Cán Bộ", ["health_officer"], "2021/20"));
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
    await screenshot(tab, `cases-${name}-${width}`, { fullPage: true });
  }
}

/** enter fills the form of a part and sends it. */
async function enter(kind, fields, selects = {}) {
  await staff.click(`a[href$='parts/new?kind=${kind}']`);
  await staff.waitForSelector("main form.form");
  for (const [name, value] of Object.entries(selects)) await staff.selectOption(`[name=${name}]`, value);
  for (const [name, value] of Object.entries(fields)) await staff.fill(`[name=${name}]`, value);
  await look(staff, kind);
  await staff.click("main form.form button.btn-primary");
  await staff.waitForSelector("#parts");
}

test("a suspected case becomes a confirmed one by its result", { skip, timeout: hangMs }, async () => {
  const response = await staff.request.post(khien.url + "api/v1/cases", {
    data: { classification: "suspected", number: "BN12", name: "Vi Thị Mẫu", birth_year: 1990, sex: "female", area: "2021/20/186/06457", stay: "2021/20/187/06463", reported: "2021-05-14" },
  });
  assert.equal(response.status(), 201, await response.text());
  await staff.goto(khien.url + "cases/" + (await response.json()).id);
  await look(staff, "empty");
  await enter("symptom", { from: "2021-05-11" }, { symptom: "fever" });
  await enter("exposure", { told_at: "Đám cưới ở Quang Châu", begun: "2021-05-06T10:00", ended: "2021-05-06T14:00" }, { setting: "gathering" });
  await enter("hospital_stay", { facility: "Bệnh viện Bệnh nhiệt đới Trung ương", from: "2021-05-14" }, { ward: "isolation", where: "2021/01" });
  await enter("test", { laboratory: "CDC Lạng Sơn", ct: "23,5", taken: "2021-05-12T08:00", test_reported: "2021-05-13T07:00" }, { test_type: "rt_pcr", test_result: "positive" });
  assert.match(await staff.textContent(".alert-warn"), /đề xuất phân loại: Xác định/);
  assert.equal(await staff.locator(".case-line circle").count() > 2, true);
  await look(staff, "proposed");
  await staff.click(".alert-warn button");
  await staff.waitForSelector(".badge-bad >> text=Xác định");
  assert.match(await staff.textContent("main"), /Nghi ngờ → Xác định/);
  assert.match(await staff.textContent("main"), /Hoàng Thị Cán Bộ/);
  await look(staff, "confirmed");
});

test("a part that was taken away is put back", { skip, timeout: hangMs }, async () => {
  await staff.click("ul.parts a[aria-label*='Sốt']");
  await staff.waitForSelector(".btn-danger");
  await staff.click(".btn-danger");
  await staff.waitForSelector("details.card summary");
  assert.equal(await staff.locator("#parts a[aria-label*='Sốt']").count(), 0);
  await staff.click("details.card summary");
  await look(staff, "removed");
  await staff.click("details.card form button");
  await staff.waitForSelector("#parts a[aria-label*='Sốt']");
});

test("a list is matched, tried, saved and imported", { skip, timeout: hangMs }, async () => {
  const list = "Ref;When;Where;Who;Born;Sx\n7;05/14/2021;Huu Lung;Lý Văn Thử;1980;M\n8;05/15/2021;Hữu Lũng;;1975;M\n9;31/02/2021;Chi Lăng;;1975;M\n";
  await staff.goto(khien.url + "cases/import");
  await look(staff, "import");
  await staff.check("[name=map_first]");
  await staff.setInputFiles("[name=file]", { name: "danh-sach.csv", mimeType: "text/csv", buffer: Buffer.from(list) });
  await staff.click("form[enctype] button");
  await staff.waitForSelector("[name=map_number]");
  for (const [field, column] of Object.entries({ number: "Ref", reported: "When", district: "Where", name: "Who", birth: "Born" })) await staff.selectOption(`[name=map_${field}]`, column);
  await staff.selectOption("[name=dates]", "mdy");
  await staff.fill("[name=prefix]", "BN");
  await look(staff, "map");
  await staff.click("button[value=try]");
  await staff.waitForSelector("text=Đây là kết quả thử");
  assert.match(await staff.textContent("main"), /Số dòng mới: 2/);
  await look(staff, "tried");
  await staff.fill("[name=template_name]", "Danh sách CDC");
  await staff.click("button[value=save]");
  await staff.waitForSelector(".alert-good");
  await staff.selectOption("[name=template]", "Danh sách CDC");
  await staff.click("button[value=import]");
  await staff.waitForSelector("text=Kết quả nhập tệp danh-sach.csv");
  await look(staff, "imported");
  await staff.goto(khien.url + "cases");
  assert.equal(await staff.locator("tbody tr").count(), 3);
  await staff.click("details.card summary");
  await look(staff, "list");
  const down = await staff.request.get(khien.url + "cases/export?as=json&people=1");
  assert.equal((await down.json()).cases.length, 3);
  assert.deepEqual(staff.problems, []);
});
