// A province's first day, with the whole of Khiên and nothing invented but the people: the first administrator comes in by the printed link,
// invites an officer of Hữu Lũng and an approver, the officer enters a case, and a map that is open elsewhere moves without being reloaded.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { axe, comeIn, invite, launch, missing, page1440, page390, root, screenshot, startKhien, patienceMs, hangMs } from "./lib.mjs";

const skip = missing();
const shared = process.env.KHIEN_SHARED || join(root, "../shared");
let browser, khien;

before(async () => {
  if (skip) return;
  browser = await launch();
  khien = await startKhien();
});

after(async () => {
  await browser?.close();
  await khien?.stop();
});

async function enterCase(tab, fields) {
  await tab.goto(khien.url + "cases/new");
  for (const [name, value] of Object.entries(fields)) {
    const field = tab.locator(`[name=${name}]`);
    if (await field.evaluate((e) => e.tagName === "SELECT")) await field.selectOption(value);
    else await field.fill(value);
  }
  await tab.click("main form button");
  await tab.waitForURL(/\/cases\/[0-9a-f-]{36}/);
}

const minhHoa = "2021/20/186/06457";
const cell = (tab, column = "new_1") => tab.locator(`tr[data-code="${minhHoa}"] [data-col="${column}"]`);

const shows = (tab, text) =>
  tab.waitForFunction(([c, wanted]) => document.querySelector(`tr[data-code="${c}"] [data-col="total"]`)?.textContent === wanted, [minhHoa, text], { timeout: patienceMs });

test("from the printed link to a map that moves elsewhere", { skip, timeout: hangMs }, async () => {
  const link = khien.log().match(/http:\S+\/set-up\/\S+/)[0];
  const admin = await comeIn(browser, page1440, link, { login: "quantri", full_name: "Nông Thị Quản Trị" });
  const again = await admin.context().browser().newContext().then((c) => c.newPage());
  assert.equal((await again.goto(link)).status(), 404, "a set-up link works once");

  const officer = await comeIn(browser, page390, await invite(khien, admin, "huulung", "Cán bộ Hữu Lũng", "health_officer", "2021/20/186"));
  const approver = await comeIn(browser, page1440, await invite(khien, admin, "congbo", "Người công bố", "approver", "2021/20"));

  const reader = await page1440(browser, { bypassCSP: false });
  let loads = 0;
  reader.on("load", () => loads++);
  await enterCase(officer, { number: "BN1", classification: "confirmed", area: minhHoa, source: "community", confirmed: "2021-05-13", reported: "2021-05-13", name: "Vi Thị Mẫu" });
  await reader.goto(khien.url);
  await reader.waitForSelector(".map-live");
  await shows(reader, "<5");

  // Four more cases, elsewhere: now there are five, and the map says so by itself.
  for (let i = 2; i <= 5; i++) await enterCase(officer, { number: "BN" + i, classification: "confirmed", area: minhHoa, confirmed: "2021-05-14", reported: "2021-05-14" });
  await shows(reader, "5");

  // Two more are hidden again until the approver announces: then everything is told as it is.
  for (let i = 6; i <= 7; i++) await enterCase(officer, { number: "BN" + i, classification: "confirmed", area: minhHoa, confirmed: "2021-05-15", reported: "2021-05-15" });
  await shows(reader, "5+");
  await approver.goto(khien.url + "announcements");
  await approver.selectOption("[name=ground]", "2021/20");
  await approver.fill("[name=through]", "2021-05-15");
  await approver.click("main form button");
  await approver.waitForSelector(".alert-good");
  await shows(reader, "7");
  assert.equal(loads, 1, "the page was never loaded again");
  assert.deepEqual(reader.problems, []);

  for (const tab of [officer, approver, admin]) assert.deepEqual(tab.problems, []);
  await officer.goto(khien.url + "cases");
  assert.equal(await officer.locator("tbody tr").count(), 7);
  await screenshot(officer, "cases-390", { fullPage: true });
  assert.deepEqual(await axe(officer), []);
  await officer.setViewportSize({ width: 1440, height: 900 });
  await screenshot(officer, "cases-1440");
  await officer.locator("tbody a").first().click();
  await officer.waitForSelector("dl.kv");
  await screenshot(officer, "case-1440");
  assert.deepEqual(await axe(officer), []);
  await officer.goto(khien.url + "cases?lang=en");
  await screenshot(officer, "cases-en-1440");
  assert.match(await officer.textContent("h1"), /Cases/);
  for (const path of ["cases/new", "cases/import", "announcements", "profile"]) {
    await officer.goto(khien.url + path + "?lang=vi");
    assert.deepEqual(await axe(officer), [], path);
  }
  for (const path of ["accounts", "accounts/new"]) {
    await admin.goto(khien.url + path);
    assert.deepEqual(await axe(admin), [], path);
    await screenshot(admin, path.replace("/", "-") + "-1440");
  }
});

test("the outbreak of 2021 replayed on real borders", { skip: skip || (existsSync(shared) ? false : "no shared data here"), timeout: hangMs }, async () => {
  const own = await startKhien();
  try {
    const file = (name) => join(shared, "data", name);
    assert.equal(own.run("area", "import-boundaries", file("geo/langson-2025-communes.geojson")).matched, 65);
    assert.equal(own.run("area", "import-boundaries", file("geo/langson-2021-districts.geojson")).matched, 11);
    const wide = await page1440(browser, { bypassCSP: false }), phone = await page390(browser, { bypassCSP: false });
    for (const tab of [wide, phone]) {
      await tab.goto(own.url + "?edition=2025&level=commune&window=14");
      await tab.waitForSelector(".map-live, .empty");
    }
    own.run("replay", file("epi/cases-2021-by-commune.csv"), "--speed", "20d/s");
    await wide.waitForFunction(() => document.querySelector("#map")?.dataset.day >= "2021-07-01", null, { timeout: patienceMs });
    await wide.goto(own.url + "?edition=2025&level=commune&window=14&day=2021-06-01");
    await phone.goto(own.url + "?edition=2025&level=commune&window=14&day=2021-06-01");
    for (const [tab, name] of [[wide, "replay-1440"], [phone, "replay-390"]]) {
      await tab.waitForSelector(".map-live");
      await tab.waitForLoadState("networkidle").catch(() => {});
      await screenshot(tab, name);
      assert.deepEqual(tab.problems, []);
    }
    const areas = await fetch(own.url + "api/v1/map/areas?edition=2021&level=district&day=2021-07-13").then((r) => r.json());
    assert.equal(areas.areas.reduce((sum, a) => sum + a.total.cases, 0), 90);
    await wide.goto(own.url + "?edition=2025&level=commune&window=14&day=2021-06-01&lang=en");
    await wide.waitForSelector(".map-live");
    await screenshot(wide, "replay-en-1440");
  } finally {
    await own.stop();
  }
});
