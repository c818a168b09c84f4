// The rule of the public numbers is written twice: in Go (epimap/view.go), for pages, files and the API, and in TypeScript
// (web/src/series.ts), for the day slider. Here a real server has announced, corrected, hidden, released and withdrawn numbers, and every
// cell of the live table must say what /api/v1/map/areas says for that day; the rows must stand as the server's page has them.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { comeIn, invite, launch, missing, page1440, startKhien, patienceMs, hangMs } from "./lib.mjs";

const skip = missing();
let browser, khien, officer;

before(async () => {
  if (skip) return;
  browser = await launch();
  khien = await startKhien();
  const admin = await comeIn(browser, page1440, khien.log().match(/http:\S+\/set-up\/\S+/)[0], { login: "quantri", full_name: "Nông Thị Quản Trị" });
  officer = await comeIn(browser, page1440, await invite(khien, admin, "tinh", "Cán bộ tỉnh", "health_officer", "2021/20"));
});

after(async () => {
  await browser?.close();
  await khien?.stop();
});

/** counts imports announced numbers: lines of day, district, commune, cases. */
function counts(name, ...lines) {
  const file = join(khien.data, name + ".csv");
  writeFileSync(file, ["date,province,district,commune,new_cases", ...lines.map(([d, h, x, n]) => `${d},Lạng Sơn,${h},${x},${n}`)].join("\n") + "\n");
  return khien.run("import", "cases-by-area", file);
}

let made = Date.now();
/** uuid7 is a fresh one of version 7. */
function uuid7() {
  const hex = (made++).toString(16).padStart(12, "0");
  return hex.slice(0, 8) + "-" + hex.slice(8) + "-7" + randomUUID().slice(15);
}

async function put(path, data, method = "post") {
  const answer = await officer.request[method](khien.url + "api/v1/cases" + path, { data });
  assert.ok(answer.ok(), `${method} ${path}: ${answer.status()} ${await answer.text()}`);
  return answer.json();
}

/** cases enters n confirmed cases of a day, one after the other. */
async function cases(area, day, n) {
  const all = [];
  for (let i = 0; i < n; i++) all.push(await put("", { id: uuid7(), classification: "confirmed", area, confirmed: day, reported: day }));
  return all;
}

const api = (query) => fetch(khien.url + "api/v1/map/areas?" + query).then((r) => r.json());
const columns = ["new_1", "new_7", "new_14", "total"];
const plain = (text) => text.replace(/[.,]/g, ""); // the page groups thousands

/** told is what the API says of a day: for each code the four texts. */
async function told(query) {
  const answer = await api(query);
  return { version: answer.version, whole: columns.map((c) => answer.whole[c].text), areas: Object.fromEntries(answer.areas.map((a) => [a.code, columns.map((c) => a[c].text)])) };
}

/** live is the same as the open page says it, and the order of its rows. */
const live = (tab) => tab.evaluate((columns) => {
  const texts = (box, cell) => columns.map((c) => box.querySelector(`[data-col="${c}"]${cell}`).textContent.replace(/[.,]/g, ""));
  const rows = [...document.querySelectorAll("#map-table tbody tr")];
  return { order: rows.map((row) => row.dataset.code), areas: Object.fromEntries(rows.map((row) => [row.dataset.code, texts(row, "")])), whole: texts(document.querySelector("#map-figures"), " .figure") };
}, columns);

/** served is the order of the rows in the page as the server makes it, and its figures with their trends. */
async function served(query) {
  const html = await fetch(khien.url + "?" + query).then((r) => r.text());
  return {
    order: [...html.matchAll(/<tr data-code="([^"]+)"/g)].map((m) => m[1]),
    trends: [...html.matchAll(/<dd class="(trend[^"]*)">([^<]*)</g)].map((m) => m[1] + ": " + m[2]),
  };
}

const trends = (tab) => tab.evaluate(() => [...document.querySelectorAll("#map-figures .trend")].map((e) => e.className + ": " + e.textContent));

async function open(query) {
  const tab = await page1440(browser, { bypassCSP: false });
  await tab.goto(khien.url + "?" + query);
  await tab.waitForSelector(".map-live");
  return tab;
}

/** settled waits until the map shows the number that the last act leads to. */
async function settled(query, code, text) {
  for (let i = 0; i < 100; i++) {
    const now = await told(query);
    if (now.areas[code][3] === text) return;
    await new Promise((again) => setTimeout(again, 100));
  }
  assert.fail(`${code} never showed ${text}: ${(await told(query)).areas[code]}`);
}

const minhSon = "2021/20/186/06448", hoaThang = "2021/20/186/06460"; // both in 2025/20/-/06457, so two marks meet there
const huuLien = "2021/20/186/06388", yenBinh = "2021/20/186/06391", vanNham = "2021/20/186/06433";
const first = "2021-05-01", last = "2021-06-20";

test("the script says what the server says, in every cell", { skip, timeout: hangMs }, async () => {
  counts("first", [first, "Hữu Lũng", "Yên Sơn", 3], ["2021-05-10", "Hữu Lũng", "Yên Sơn", 9], ["2021-05-12", "Chi Lăng", "Vân An", 12345], [last, "Cao Lộc", "Bảo Lâm", 1]);
  const watching = [];
  for (const query of ["edition=2025&level=commune", "edition=2021&level=district"]) watching.push([query, await open(query)]);

  counts("corrected", ["2021-05-10", "Hữu Lũng", "Yên Sơn", 2], ["2021-05-13", "Chi Lăng", "Vân An", 4]);
  await cases(minhSon, "2021-06-18", 3); // hidden
  await cases(hoaThang, "2021-06-18", 2); // hidden, in the same unit of 2025
  await cases(huuLien, "2021-06-19", 7); // five released, two hidden
  const taken = await cases(yenBinh, "2021-06-15", 6); // released, then withdrawn
  for (const c of taken.slice(0, 5)) await put("/" + c.id, { ...c, changed: undefined, id: undefined, classification: "discarded" }, "put");
  await cases(vanNham, "2021-06-20", 5);
  await settled("edition=2021&level=commune&day=" + last, vanNham, "5");

  for (const [query, tab] of watching) {
    const wanted = await told(`${query}&day=${last}`);
    await tab.waitForFunction(([code, text]) => document.querySelector(`tr[data-code="${code}"] [data-col="total"]`)?.textContent === text,
      Object.entries(wanted.areas).map(([code, texts]) => [code, texts[3]]).find(([, text]) => /[+]/.test(text)), { timeout: patienceMs });
    const got = await live(tab);
    assert.deepEqual(got.areas, wanted.areas, "by deltas alone, " + query);
    assert.deepEqual(got.whole, wanted.whole, "the figures by deltas alone, " + query);
    await tab.context().close();
  }

  const seen = new Set();
  for (const [edition, level] of [[2021, "commune"], [2021, "district"], [2021, "province"], [2025, "commune"], [2025, "province"]]) {
    const query = `edition=${edition}&level=${level}`;
    const tab = await open(query);
    for (const [window, day] of [["7", first], ["14", "2021-05-10"], ["1", "2021-05-13"], ["total", "2021-06-18"], ["7", "2021-06-19"], ["14", last]]) {
      await tab.selectOption('select[name="window"]', window);
      await tab.locator('input[name="day_offset"]').fill(String((Date.parse(day) - Date.parse(first)) / 86400000));
      await tab.waitForSelector('#map:not([aria-busy="true"])'); // older days are fetched when somebody looks at them
      const at = `${query}&day=${day}`, [wanted, page, got] = [await told(at), await served(`${at}&window=${window}`), await live(tab)];
      assert.deepEqual(got.areas, wanted.areas, at);
      assert.deepEqual(got.whole, wanted.whole, at + ", the whole");
      assert.deepEqual(got.order, page.order, `${at}&window=${window}: the order of the rows`);
      assert.deepEqual(await trends(tab), page.trends, at + ", the trends");
      for (const texts of Object.values(wanted.areas)) for (const text of texts) seen.add(text.replace(/^\d+/, (n) => (n.length > 4 ? "large" : n === "0" ? "0" : "n")));
    }
    assert.deepEqual(tab.problems, []);
    await tab.context().close();
  }
  assert.deepEqual([...seen].sort(), ["0", "<5", "large", "large+", "n", "n+", "≥1"].sort(), "every kind of number was there to compare");
});
