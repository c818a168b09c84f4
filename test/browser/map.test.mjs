// The public map against a server that invents its numbers (fixture.mjs): what the page does with what it is told.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fixture } from "./fixture.mjs";
import { axe, firstLoad, launch, missing, page1440, page390, screenshot, patienceMs, hangMs } from "./lib.mjs";

const skip = missing();
let browser, server;

before(async () => {
  if (skip) return;
  browser = await launch();
  server = await fixture();
});

after(async () => {
  await browser?.close();
  server?.close();
});

/** open waits until the canvas has taken over. */
async function open(make, query = "", options = {}, at = server) {
  const tab = await make(browser, options);
  await tab.goto(at.url + query);
  await tab.waitForSelector(".map-live");
  return tab;
}

/** another is a server of the test's own, at version 1. */
async function another(t, options) {
  const own = await fixture(0, options);
  t.after(() => own.close());
  return own;
}

const cell = (tab, code, column = "new_1") => tab.locator(`tr[data-code="${code}"] [data-col="${column}"]`);

/** shows waits until the newest day of an area says text. */
function shows(tab, code, text, timeout = patienceMs) {
  return tab.waitForFunction(
    ([c, wanted]) => document.querySelector(`tr[data-code="${c}"] [data-col="new_1"]`).textContent === wanted,
    [code, text],
    { timeout },
  );
}

test("the map moves by itself: a delta changes table, status and what is read out", { skip }, async () => {
  // The site's own policy is in force here: no inline style or script gets by.
  const tab = await open(page1440, "", { bypassCSP: false });
  await tab.waitForSelector('.map-status[data-state="live"]');
  const { code, name } = server.wire.areas[1];
  const day = server.wire.last_day;
  assert.equal(await cell(tab, code).textContent(), "0");

  const from = server.wire.version;
  server.send({ v: from + 1, from, as_of: "2026-11-23T04:30:00Z", last_day: day, cells: [[code, day, 4]], hidden: [] });
  await shows(tab, code, "4");
  assert.equal(await cell(tab, code, "new_14").textContent(), "4");
  assert.match(await tab.textContent(".map-status"), /11:30 23\/11\/2026 · cập nhật trực tiếp/);
  await tab.waitForFunction((said) => [...document.querySelectorAll("[aria-live=polite]")].some((e) => e.textContent === said), `${name}: 4 ca mới`);
  assert.deepEqual(tab.problems, []);
  await tab.context().close();
});

test("hidden counts show as the rule says", { skip }, async () => {
  const tab = await open(page1440);
  await tab.waitForSelector('.map-status[data-state="live"]');
  const { code } = server.wire.areas[5];
  const day = server.wire.last_day;
  let from = server.wire.version;
  server.send({ v: from + 1, from, cells: [[code, day, 0]], hidden: [[code, [day]]] });
  await shows(tab, code, "<5");
  from++;
  server.send({ v: from + 1, from, cells: [[code, day, 6]], hidden: [[code, [day]]] });
  await shows(tab, code, "6+");
  from++;
  server.send({ v: from + 1, from, cells: [[code, day, 0]], hidden: [[code, [day], "≥1"]] });
  await shows(tab, code, "≥1");
  from++;
  server.send({ v: from + 1, from, cells: [[code, day, -3]], hidden: [[code, [], "≥1"]] });
  await shows(tab, code, "0");
  await tab.context().close();
});

test("the rows keep to the order of the window, but not under the reader's pointer", { skip }, async (t) => {
  const own = await another(t);
  const tab = await open(page1440, "?window=7", {}, own);
  await tab.waitForSelector('.map-status[data-state="live"]');
  const order = () => tab.evaluate(() => [...document.querySelectorAll("#map-table tbody tr")].map((row) => row.dataset.code));
  const { code } = own.wire.areas[20], day = own.wire.last_day;
  assert.notEqual((await order())[0], code);

  await tab.hover("#map-table tbody tr:nth-child(3)");
  const before = await order();
  own.send({ v: 2, from: 1, cells: [[code, day, 900], ["2025/20", day, 1000]], hidden: [] });
  await shows(tab, code, "900");
  assert.deepEqual(await order(), before, "nothing moves under the pointer");
  assert.equal(await tab.textContent('#map-figures [data-col="new_1"] .figure'), "1.000");
  await tab.hover("h1");
  await tab.waitForFunction((c) => document.querySelector("#map-table tbody tr").dataset.code === c, code);

  await tab.click('#map-table thead [data-sort="text"] button');
  const byName = await order();
  await tab.hover("h1");
  own.send({ v: 3, from: 2, cells: [[own.wire.areas[30].code, day, 2000]], hidden: [] });
  await shows(tab, own.wire.areas[30].code, "2.000");
  assert.deepEqual(await order(), byName, "the reader's own order stays");
  await tab.context().close();
});

test("on a phone the rows without a case wait behind a button", { skip }, async () => {
  const tab = await open(page390, "?day=2021-06-20");
  await tab.waitForSelector(".btn-unfold");
  const rows = tab.locator("#map-table tbody tr");
  const zero = await tab.locator("#map-table tr.row-zero").count();
  assert.ok(zero > 0 && zero < (await rows.count()));
  assert.equal(await rows.filter({ visible: true }).count(), (await rows.count()) - zero);
  assert.equal(await tab.textContent(".btn-unfold"), `Hiện cả ${zero} xã, phường chưa có ca`);
  await tab.tap(".btn-unfold");
  assert.equal(await rows.filter({ visible: true }).count(), await rows.count());
  assert.equal(await tab.getAttribute(".btn-unfold", "aria-expanded"), "true");
  await tab.context().close();
});

test("a day at a time by button, and by the arrow keys", { skip }, async () => {
  const tab = await open(page390, "?day=2021-05-14");
  await tab.tap('[aria-label="Tiến một ngày"]');
  assert.equal(await tab.textContent(".day-slider output"), "15/05/2021");
  await tab.tap('[aria-label="Lùi một ngày"]');
  await tab.tap('[aria-label="Lùi một ngày"]');
  assert.equal(await tab.textContent(".day-slider output"), "13/05/2021");
  await tab.focus('input[name="day_offset"]');
  await tab.keyboard.press("ArrowRight");
  assert.equal(await tab.textContent(".day-slider output"), "14/05/2021");
  await tab.context().close();
});

test("the slider follows new days only from the last one", { skip }, async (t) => {
  const own = await another(t);
  const following = await open(page1440, "", {}, own);
  const staying = await open(page1440, "?day=2021-06-20", {}, own);
  await staying.waitForSelector('.map-status[data-state="live"]');
  await following.waitForSelector('.map-status[data-state="live"]');
  const next = "2021-07-14";
  own.send({ v: 2, from: 1, last_day: next, cells: [[own.wire.areas[0].code, next, 9]], hidden: [] });
  await following.waitForFunction(() => document.querySelector(".day-slider output").textContent === "14/07/2021");
  await staying.waitForFunction(() => document.querySelector('input[name="day_offset"]').max === "78");
  assert.equal(await staying.textContent(".day-slider output"), "20/06/2021");
  await following.context().close();
  await staying.context().close();
});

test("a gap in the versions makes the page fetch the whole again", { skip }, async (t) => {
  const own = await another(t);
  const tab = await open(page1440, "", {}, own);
  await tab.waitForSelector('.map-status[data-state="live"]');
  const asked = own.state.seriesRequests;
  const { code } = own.wire.areas[2];
  own.send({ v: 9, from: 8, cells: [[code, own.wire.last_day, 7]], hidden: [] });
  await shows(tab, code, "7", 10000);
  assert.equal(own.state.seriesRequests, asked + 1);
  await tab.context().close();
});

test("the tabs of a browser share one stream, and another tab takes it over", { skip }, async (t) => {
  const own = await another(t);
  const first = await open(page1440, "", {}, own);
  await first.waitForSelector('.map-status[data-state="live"]');
  const second = await first.context().newPage();
  await second.goto(own.url);
  await second.waitForSelector('.map-status[data-state="live"]');
  assert.equal(own.state.streams, 1);

  const { code } = own.wire.areas[4];
  own.send({ v: 2, from: 1, cells: [[code, own.wire.last_day, 3]], hidden: [] });
  await shows(second, code, "3");

  await first.close();
  for (let i = 0; i < 600 && own.state.streams !== 1; i++) await new Promise((again) => setTimeout(again, 100));
  await second.waitForSelector('.map-status[data-state="live"]');
  await new Promise((again) => setTimeout(again, 300));
  own.send({ v: 3, from: 2, cells: [[code, own.wire.last_day, 8]], hidden: [] });
  await shows(second, code, "8");
  await second.context().close();
});

test("without a stream the page asks for itself", { skip, timeout: hangMs }, async (t) => {
  const own = await another(t, { stream: false });
  const tab = await open(page1440, "", {}, own);
  await tab.waitForSelector('.map-status[data-state="poll"]', { timeout: patienceMs });
  const { code } = own.wire.areas[4];
  own.send({ v: 2, from: 1, cells: [[code, own.wire.last_day, 3]], hidden: [] });
  await shows(tab, code, "3", 45000);
  await tab.context().close();
});

test("day and window go into the address and back", { skip }, async () => {
  const tab = await open(page1440);
  await tab.selectOption('select[name="window"]', "14");
  await tab.locator('input[name="day_offset"]').fill("30");
  const url = new URL(tab.url());
  assert.equal(url.searchParams.get("day"), "2021-05-27");
  assert.equal(url.searchParams.get("window"), "14");
  assert.match(await tab.getAttribute("a[data-keep]", "href"), /map\.csv\?.*day=2021-05-27/);
  const { code } = server.wire.areas[0];
  const before = await cell(tab, code, "new_14").textContent();
  await tab.reload();
  await tab.waitForSelector(".map-live");
  assert.equal(await tab.textContent(".day-slider output"), "27/05/2021");
  assert.equal(await cell(tab, code, "new_14").textContent(), before);
  await tab.context().close();
});

test("play runs through the days and stops at the last", { skip }, async () => {
  const tab = await open(page1440);
  await tab.locator('input[name="day_offset"]').fill("75");
  await tab.click(".day-slider .btn-quiet");
  await tab.click(".day-slider .btn-quiet"); // four times the speed
  await tab.click('.day-slider [aria-label="Chạy theo ngày"]');
  await tab.waitForFunction(() => document.querySelector('input[name="day_offset"]').value === "77");
  await tab.waitForSelector('.day-slider [aria-label="Chạy theo ngày"]');
  await tab.context().close();
});

test("an area is found without marks and by keyboard alone", { skip }, async () => {
  const tab = await open(page1440);
  const area = server.wire.areas[1];
  const plain = area.name.normalize("NFD").replace(/[\u0300-\u036f]/g, "").replace(/đ/gi, "d").toLowerCase();
  await tab.focus("#map-search");
  await tab.keyboard.type(plain);
  await tab.keyboard.press("ArrowDown");
  await tab.keyboard.press("Enter");
  assert.equal(await tab.textContent(".area-card h3"), area.name);
  assert.equal(await tab.getAttribute(".area-card .go", "href"), "/area/" + area.code);
  assert.ok(await tab.locator(`tr.area-selected[data-code="${area.code}"]`).count());
  await tab.focus(".area-card .go");
  await tab.keyboard.press("Escape");
  assert.equal(await tab.locator(".area-card").isVisible(), false);
  await tab.context().close();
});

test("a tap selects an area, the country shows both archipelagos", { skip }, async () => {
  const tab = await open(page390);
  const box = await tab.locator("#map").boundingBox();
  await tab.touchscreen.tap(box.x + box.width * 0.42, box.y + box.height * 0.42);
  await tab.waitForSelector(".area-card:not([hidden])");
  const [answer] = await Promise.all([tab.waitForResponse(/country\.json/), tab.click(".inset")]);
  const names = (await answer.json()).features.map((f) => f.properties.name);
  assert.ok(names.includes("Quần đảo Hoàng Sa") && names.includes("Quần đảo Trường Sa"));
  await tab.waitForSelector('.inset[aria-pressed="true"]');
  await tab.context().close();
});

test("zooming in loads the finer outlines, once", { skip }, async () => {
  const tab = await open(page1440);
  let asked = 0;
  tab.on("request", (r) => r.url().includes("commune.json") && asked++);
  for (let i = 0; i < 3; i++) {
    await tab.click(".map-buttons button:first-child");
    await tab.waitForTimeout(500);
  }
  assert.equal(asked, 1);
  assert.deepEqual(tab.problems, []);
  await tab.context().close();
});

test("print shows the server's drawing in today's numbers", { skip }, async () => {
  const tab = await open(page1440);
  await tab.locator('input[name="day_offset"]').fill("55");
  await tab.evaluate(() => dispatchEvent(new Event("beforeprint")));
  await tab.emulateMedia({ media: "print" });
  const { code } = server.wire.areas[0];
  const shown = await cell(tab, code, "new_7").textContent();
  assert.match(await tab.locator(`path[data-code="${code}"] title`).textContent(), new RegExp(": " + shown.replace("+", "\\+") + "$"));
  assert.equal(await tab.locator(".map-svg").evaluate((svg) => getComputedStyle(svg).visibility), "visible");
  await tab.context().close();
});

test("without a script the page says the same", { skip }, async () => {
  const tab = await page390(browser, { javaScriptEnabled: false });
  await tab.goto(server.url);
  assert.equal(await tab.locator(".map-svg path.area-shape").count(), server.wire.areas.length);
  assert.equal(await tab.locator("#map-table tbody tr").count(), server.wire.areas.length);
  assert.ok(await tab.locator("[data-nojs]").isVisible());
  await screenshot(tab, "map-390-no-script");
  await tab.context().close();
});

for (const theme of ["light", "dark", "sun"]) {
  test(`no breach of WCAG 2.1 AA and no sideways scrolling, ${theme}`, { skip }, async () => {
    for (const [name, make] of [["390", page390], ["1440", page1440]]) {
      const tab = await open(make, "?day=2021-06-20&window=14&theme=" + theme);
      assert.deepEqual(await axe(tab), []);
      assert.ok(await tab.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "scrolls sideways at " + name);
      await screenshot(tab, `map-${name}-${theme}`);
      await tab.context().close();
    }
  });
}

test("a theme is chosen without a reload and kept", { skip }, async () => {
  const tab = await open(page1440);
  await tab.evaluate(() => (window.here = true));
  await tab.click('[data-theme-choice="sun"]');
  assert.equal(await tab.getAttribute("html", "data-theme"), "sun");
  assert.equal(await tab.evaluate(() => window.here), true);
  assert.match(await tab.evaluate(() => document.cookie), /theme=sun/);
  await tab.context().close();
});

test("first load within 150 KB (how fast it paints is for make bench)", { skip }, async () => {
  const { gz_bytes, files } = await firstLoad(browser, server.url);
  assert.ok(gz_bytes <= 150_000, JSON.stringify({ gz_bytes, files }, null, 1));
});
