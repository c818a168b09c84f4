// A keeper without a network: fifty scans, the browser killed and opened again, two tabs, an answer lost on the way. Exactly fifty visits.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { citizen, openPlace, profile, prove, wire } from "./checkin-lib.mjs";
import { printed, read } from "./film.mjs";
import { launch, missing, page390, screenshot, startKhien, patienceMs, hangMs, withoutIds } from "./lib.mjs";

const skip = missing();
const people = 50;
let khien, line, folder, chrome, poster;

before(async () => {
  if (skip) return;
  folder = mkdtempSync(join(tmpdir(), "khien-profile-"));
  khien = await startKhien({ args: ["--demo"] });
  line = await wire(khien.url);
});

after(async () => {
  await chrome?.kill().catch(() => undefined);
  line?.close();
  await khien?.stop();
  if (folder) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** type lets a hand scanner type codes, each answered before the next. */
async function type(tab, codes, waiting) {
  for (const code of codes) {
    await tab.fill("#scan-text", code);
    await tab.press("#scan-text", "Enter");
    waiting++;
    await tab.waitForFunction((n) => Number(document.getElementById("outbox").dataset.waiting) >= n, waiting);
  }
}

const waits = (tab, n) => tab.waitForFunction((m) => document.getElementById("outbox").dataset.waiting === String(m), n, { timeout: patienceMs });

test("fifty scans without a network are fifty visits", { skip, timeout: hangMs }, async () => {
  chrome = await profile(folder);
  let tab = await chrome.page();
  const place = await openPlace(tab, line.url, "0912 000 011", { name: "Nông Văn Giữ Cửa", birth: "1979" }, "Cửa hàng Minh Hòa");
  poster = await read(printed(place.pdf));
  await tab.goto(line.url + "keep");
  await tab.waitForSelector("#keep-main:not([hidden])");
  await tab.evaluate(() => navigator.serviceWorker.ready);
  await tab.waitForFunction(async () => (await (await caches.open((await caches.keys())[0])).keys()).length >= 10);
  await chrome.quit(); // cookies reach the disk

  chrome = await profile(folder);
  await line.cut();
  tab = await chrome.page();
  await tab.goto(line.url + "keep"); // out of the worker's cache
  await tab.waitForSelector("#keep-main:not([hidden])");
  const codes = Array.from({ length: people }, (_, i) => citizen(i + 1));
  await type(tab, codes.slice(0, 20), 0);
  const second = await chrome.page();
  await second.goto(line.url + "keep");
  await second.waitForSelector("#keep-main:not([hidden])");
  await type(second, codes.slice(20), 20);
  assert.match(await second.textContent("#outbox"), /50/);
  await second.waitForSelector("#flash", { state: "hidden" });
  await screenshot(second, "keep-offline-390");
  assert.deepEqual(await unreadable(second), [], "nothing of a person lies on the disk in clear");
  await chrome.kill();

  chrome = await profile(folder);
  tab = await chrome.page();
  await tab.goto(line.url + "keep");
  await waits(tab, people);
  line.losing(1); // the first delivery arrives, and its answer does not
  await line.mend();
  const other = await chrome.page();
  await other.goto(line.url + "keep");
  await waits(tab, 0);
  await waits(other, 0);
  assert.match(await other.textContent("#outbox"), /Đã gửi hết/);
  assert.equal(line.lost(), 1, "an answer was lost");
  const today = () => tab.evaluate((p) => fetch(`/api/v1/places/${p}/today`).then((r) => r.json()), place.id).then((said) => [said.visits, said.inside]);
  assert.deepEqual(await settled(today, [people, people]), [people, people]);
  await tab.bringToFront(); // a tab that nobody looks at is not painted
  await tab.waitForFunction((n) => document.getElementById("keep-inside").textContent === String(n), people);
  await screenshot(tab, "keep-sent-390");
  await nothingCached(tab);
  await wiped(tab);
});

/** settled asks until it hears what is wanted, for the trail of visits is written after they are acknowledged; then once more, when all has been heard. */
async function settled(ask, wanted) {
  const until = Date.now() + 30000;
  while (JSON.stringify(await ask()) !== JSON.stringify(wanted) && Date.now() < until) await new Promise((again) => setTimeout(again, 200));
  await new Promise((all) => setTimeout(all, 1500));
  return ask();
}

test("a visitor without a network comes and goes, and is one visit", { skip, timeout: hangMs }, async () => {
  const browser = await launch();
  try {
    const tab = await page390(browser, { bypassCSP: false });
    await tab.goto(line.url + "phone?next=/v");
    await prove(tab, line.url, "0912 000 012", { name: "Lộc Thị Đi Chợ", birth: "1990" });
    for (const path of ["v", "me/code"]) { // each page keeps itself at the first visit
      await tab.goto(line.url + path);
      await tab.evaluate(() => navigator.serviceWorker.ready);
      await tab.waitForFunction(() => window.indexedDB.databases().then((all) => all.length === 1));
    }
    await tab.waitForSelector("#my-shown:not([hidden])");
    await line.cut();
    await tab.goto(line.url + "me/code");
    await tab.waitForSelector("#my-shown:not([hidden])"); // the code turns without a network
    await tab.goto("about:blank");
    await tab.goto(line.url + "v#" + poster.split("#")[1]);
    await tab.waitForSelector("#visit-go:enabled");
    assert.match(await tab.textContent("#place-name"), /chưa có mạng/);
    await tab.click("#visit-go");
    await waits(tab, 1);
    await tab.click("#flash");
    await tab.click("#visit-leave");
    await waits(tab, 2);
    await tab.waitForSelector("#flash", { state: "hidden" });
    await screenshot(tab, "visit-offline-390", { fullPage: true });
    await line.mend();
    await waits(tab, 0);
    const mine = () => tab.evaluate(() => fetch("/api/v1/visits/mine").then((r) => r.json())).then((said) => said.visits.map((v) => v.ended));
    assert.deepEqual(await settled(mine, ["visitor"]), ["visitor"]);
    await nothingCached(tab);
  } finally {
    await browser.close();
  }
});

/** unreadable looks through the raw database for what it must not hold in clear. */
function unreadable(tab) {
  return tab.evaluate(async () => {
    const db = await new Promise((resolve, reject) => {
      const ask = indexedDB.open("khien");
      ask.onsuccess = () => resolve(ask.result);
      ask.onerror = () => reject(ask.error);
    });
    const all = (name) => new Promise((resolve) => (db.transaction(name).objectStore(name).getAll().onsuccess = (e) => resolve(e.target.result)));
    const found = [];
    const look = (value) => {
      if (value instanceof ArrayBuffer) value = new Uint8Array(value);
      if (ArrayBuffer.isView(value)) value = new TextDecoder("utf-8").decode(value);
      if (typeof value === "string" && /Mẫu|0201\d{8}|Lý Thị|L\. T\./.test(value)) found.push(value.slice(0, 60));
      else if (value && typeof value === "object" && !(value instanceof CryptoKey)) Object.values(value).forEach(look);
    };
    for (const name of ["slip", "memory"]) for (const row of await all(name)) look(row);
    for (const key of await all("key")) if (key.extractable) found.push("a key that can be taken out");
    db.close();
    return found;
  });
}

/** nothingCached reads every cached answer: three pages and their files, nobody's name. */
async function nothingCached(tab) {
  const kept = await tab.evaluate(async () => {
    const all = [];
    for (const name of await caches.keys()) {
      const cache = await caches.open(name);
      for (const request of await cache.keys()) all.push([new URL(request.url).pathname, await (await cache.match(request)).text()]);
    }
    return all;
  });
  assert.ok(kept.length >= 10);
  for (const [path, text] of kept) {
    assert.match(path, /^\/(assets\/.*|keep|v|me\/code)$/, "cached");
    assert.ok(!/Mẫu|0201\d{8}|Giữ Cửa|Cửa hàng Minh Hòa|0912/.test(withoutIds(text)), path + " holds somebody");
  }
}

/** wiped empties the device: rows, memory and keys. */
async function wiped(tab) {
  tab.on("dialog", (dialog) => dialog.accept());
  await Promise.all([tab.waitForEvent("load"), tab.click("#keep-wipe")]);
  await tab.waitForSelector("#keep-main:not([hidden])");
  assert.equal(await tab.locator("#keep-recent li").count(), 0);
}
