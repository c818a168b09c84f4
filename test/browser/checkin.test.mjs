// A market in Hữu Lũng: a visitor films the poster and confirms, declares, leaves again, shows their own code; the keeper films a citizen card, an insurance
// card, that phone and a stranger's code. Chromium's camera plays films made here. All people are invented.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { axeStrict, citizen, openPlace, prove } from "./checkin-lib.mjs";
import { cameraFlags, film, photo, printed, read, sheet } from "./film.mjs";
import { firstLoad, launch, missing, page1440, page390, screenshot, startKhien, totp, hangMs } from "./lib.mjs";

const skip = missing();
const keeper = { number: "0912 000 001", who: { name: "Chu Thị Giữ Chợ", birth: "1980" } };
const visitor = { number: "0912 000 002", who: { name: "Hoàng Văn Khách", birth: "14/05/1990" } };
const hex = (text) => Buffer.from(text).toString("hex");
const insurance = ["DN4201234567890", hex("Triệu Thị Mẫu"), "02/09/1975", "2", hex("Xã Minh Hòa, Hữu Lũng"), "20 - 001", "01/01/2021", "31/12/2021", "01/01/2021", "20000000000001", "-", "4", "01/01/2026", "15e1a2b3c4d5e6f7-7102", "$"].join("|");

let khien, plain, place, folder, keeperTab, poster;

before(async () => {
  if (skip) return;
  folder = mkdtempSync(join(tmpdir(), "khien-films-"));
  khien = await startKhien({ args: ["--demo"] });
  plain = await launch();
  keeperTab = await page390(plain, { bypassCSP: false });
  place = await openPlace(keeperTab, khien.url, keeper.number, keeper.who, "Chợ Minh Hòa");
  poster = printed(place.pdf);
});

after(async () => {
  await plain?.close();
  await khien?.stop();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

/** filmed opens Chromium with a film before its camera, in a context that knows the cookies given. */
async function filmed(name, scenes, options = {}) {
  const browser = await launch(cameraFlags(film(join(folder, name + ".y4m"), scenes)));
  const tab = await page390(browser, { bypassCSP: false, permissions: ["camera"], ...options });
  return { browser, tab };
}

/** quiet are the problems of a page but for those of a phone that has not been proved yet. */
const quiet = (tab) => tab.problems.filter((p) => !/status of 40[13]/.test(p));

const shown = (tab, selector, text) => tab.waitForFunction(([s, t]) => [...document.querySelectorAll(s)].some((e) => e.offsetParent !== null && e.textContent.includes(t)), [selector, text]);

let mine, declared; // the texts of the visitor's own code and of their declaration

test("a visitor films the poster, confirms, declares and leaves", { skip, timeout: hangMs }, async () => {
  assert.ok(poster, "pdftoppm draws the poster");
  const { browser, tab } = await filmed("poster", [{ sheet: null, seconds: 1 }, { sheet: poster, seconds: 4, fill: 0.98 }]);
  try {
    const addresses = [];
    tab.on("request", (r) => addresses.push(r.url()));
    await tab.goto(khien.url + "v");
    await tab.click("#scan-start");
    await tab.waitForSelector("#scan-box.is-on");
    await shown(tab, "#place-name", "Chợ Minh Hòa");
    await screenshot(tab, "checkin-place-390");
    assert.deepEqual(await axeStrict(tab), [], "the place");
    assert.ok(await tab.locator("#visit-go").isDisabled(), "nobody confirms before they have said who they are");

    await tab.click("#visit-who-link");
    await prove(tab, khien.url, visitor.number, visitor.who);
    await shown(tab, "#place-name", "Chợ Minh Hòa"); // the code waited in the phone meanwhile
    await tab.fill("#visit-with", "2");
    await tab.click("#visit-go");
    await tab.waitForSelector("#flash.flash-good");
    await screenshot(tab, "checkin-noted-390");
    await shown(tab, "#visit-list .badge", "Đã ghi");
    await tab.waitForFunction(() => document.getElementById("outbox").dataset.waiting === "0");
    await tab.waitForSelector("#flash", { state: "hidden" });
    await screenshot(tab, "checkin-inside-390", { fullPage: true });
    assert.deepEqual(await axeStrict(tab), [], "inside");

    await tab.goto(khien.url + "declare"); // the same phone declares, once for all gates
    await tab.click("main form .btn-primary");
    for (const name of new Set(await tab.locator("main input[type=radio]").evaluateAll((all) => all.map((e) => e.name)))) await tab.check(`[name="${name}"][value=no]`);
    await tab.click("main form .btn-primary");
    await tab.waitForURL(/declare\/[0-9a-f-]{36}/);
    assert.match(await tab.textContent("main"), /Xanh/);
    declared = await tab.evaluate((id) => fetch("/api/v1/declarations/" + id).then((r) => r.json()).then((said) => said.code), new URL(tab.url()).pathname.split("/")[2]);
    await screenshot(tab, "checkin-declared-390", { fullPage: true });
    assert.deepEqual(await axeStrict(tab), [], "declared");
    await tab.goto(khien.url + "v"); // the phone remembers where it is
    await shown(tab, "#done-place", "Chợ Minh Hòa");
    await tab.click("#visit-leave");
    await shown(tab, "#visit-list .badge", "Ra lúc");
    await tab.waitForFunction(() => fetch("/api/v1/visits/mine").then((r) => r.json()).then((said) => said.visits.length === 1 && said.visits[0].ended === "visitor"));

    await tab.goto(khien.url + "me/code");
    await tab.waitForSelector("#my-canvas");
    await shown(tab, "#my-left", "giây");
    await screenshot(tab, "checkin-code-390");
    assert.deepEqual(await axeStrict(tab), [], "my code");
    mine = await read(await tab.evaluate(pixels).then(({ w, h, grey }) => ({ w, h, grey: Uint8Array.from(grey) })));
    assert.match(mine, /\/p#[\w-]{44}$/);

    assert.deepEqual(addresses.filter((a) => /[\w-]{100,}/.test(a)), [], "no code stands in an address");
    assert.ok(!/[\w-]{100,}/.test(khien.log()), "nor in the log");
    assert.deepEqual(quiet(tab), []);
  } finally {
    await browser.close();
  }
});

/** pixels takes the drawn code out of the page. */
function pixels() {
  const canvas = document.getElementById("my-canvas");
  return { w: canvas.width, h: canvas.height, grey: Array.from(canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.filter((_, i) => i % 4 === 0)) };
}

test("the keeper films cards and a phone, in and out", { skip, timeout: hangMs }, async () => {
  const scenes = [{ sheet: await sheet(citizen(1)), seconds: 2 }, { sheet: null, seconds: 1 }, { sheet: await sheet(insurance), seconds: 2 }, { sheet: null, seconds: 1 },
    { sheet: await sheet("https://example.com/thuc-don"), seconds: 2 }, { sheet: null, seconds: 1 }];
  const { browser, tab } = await filmed("cards", scenes, { storageState: await keeperTab.context().storageState() });
  try {
    await tab.goto(khien.url + "keep");
    await shown(tab, "#keep-place", "Chợ Minh Hòa");
    await screenshot(tab, "keep-390", { fullPage: true });
    assert.deepEqual(await axeStrict(tab), [], "the keeper's page");
    await tab.click("#scan-start");
    await tab.waitForSelector("#flash.flash-bad"); // the menu of some restaurant
    await screenshot(tab, "keep-unread-390");
    await tab.waitForFunction(() => document.querySelectorAll("#keep-recent .badge-good").length === 2);
    await tab.waitForSelector("#flash", { state: "hidden" });
    await screenshot(tab, "keep-scanned-390", { fullPage: true });
    assert.deepEqual(await axeStrict(tab), [], "after scanning");
    const said = await tab.locator("#keep-recent").textContent();
    assert.match(said, /L\. T\. M\./);
    assert.ok(!/Mẫu|Triệu|0201/.test(said), "the list says no name: " + said);
    await tab.click("#scan-start"); // the camera is off

    await tab.fill("#scan-text", mine); // a hand scanner types the phone's code
    await tab.press("#scan-text", "Enter");
    await tab.waitForFunction(() => document.querySelectorAll("#keep-recent .badge-good").length === 3);
    await tab.fill("#scan-text", mine);
    await tab.press("#scan-text", "Enter");
    await tab.waitForSelector("#flash.flash-again");
    await tab.click("details summary");
    await tab.fill("#keep-name-name", "Vi Văn Không Thẻ");
    await tab.fill("#keep-name-phone", "0912000003");
    await tab.click("#keep-name button");
    await tab.waitForFunction(() => document.querySelectorAll("#keep-recent .badge-good").length === 4);
    await inside(tab, 4);

    await tab.click("label[for=keep-out]");
    await tab.fill("#scan-text", citizen(1));
    await tab.press("#scan-text", "Enter");
    await inside(tab, 3);
    await tab.click("label[for=keep-in]");
    await tab.locator("#keep-recent button").first().click(); // the typed name was a mistake
    await inside(tab, 2);
    await shown(tab, "#keep-recent .badge", "Đã huỷ");
    await screenshot(tab, "keep-done-390", { fullPage: true });

    await tab.fill("#scan-text", new URL(khien.url).origin + "/p#" + "Ew".padEnd(44, "A")); // a phone that nobody has
    await tab.press("#scan-text", "Enter");
    await tab.waitForSelector("#keep-refused:not([hidden])");
    assert.doesNotMatch(await tab.locator("#keep-refused-list").innerText(), /why_|checkin\.|qr\./, "a sentence says why");
    await tab.waitForSelector("#flash", { state: "hidden" });
    assert.deepEqual(await axeStrict(tab), [], "with a refusal");
    await screenshot(tab, "keep-refused-390", { fullPage: true });
    await tab.click("#keep-refused-list button >> nth=1");
    await tab.waitForSelector("#keep-refused", { state: "hidden" });
    assert.deepEqual(quiet(tab), []);
  } finally {
    await browser.close();
  }
});

/** inside waits until the server counts n people inside. */
async function inside(tab, n) {
  for (let i = 0; ; i++) {
    const said = await tab.evaluate((p) => fetch(`/api/v1/places/${p}/today`).then((r) => r.json()), place.id);
    if (said.inside === n) return;
    if (i > 600) assert.equal(said.inside, n);
    await tab.waitForTimeout(100);
  }
}

test("what the pages hold and what they do not", { skip, timeout: hangMs }, async () => {
  for (const [path, most] of [["v", 150], ["keep", 150], ["me/code", 150]]) {
    const { gz_bytes, files } = await firstLoad(plain, khien.url + path, { bitsPerSecond: 1e8, latencyMs: 1, slowdown: 1 });
    assert.ok(gz_bytes <= most * 1024, `${path}: ${gz_bytes} bytes`);
    assert.ok(!files.some((f) => /decoder|wasm/.test(f.url)), path + " loads a reader before anybody scans");
  }
  const policy = (await fetch(khien.url + "keep")).headers.get("content-security-policy");
  assert.ok(/script-src 'self';/.test(policy) && !/unsafe/.test(policy), policy);
  const noScript = await page390(plain, { javaScriptEnabled: false });
  for (const path of ["v", "keep", "me/code"]) {
    await noScript.goto(khien.url + path);
    assert.match(await noScript.locator("noscript").first().innerText(), /JavaScript/, path);
  }
  await screenshot(noScript, "checkin-noscript-390");
});

test("without a camera: a photograph, pasted text, codes that are none", { skip, timeout: hangMs }, async () => {
  const picture = photo(place.pdf), link = await read(poster);
  for (const reader of ["wasm", "plain"]) {
    const tab = await page390(plain, { bypassCSP: false });
    if (reader === "plain") await tab.context().route(/decoder-(?!plain)/, (route) => route.abort()); // a browser that forbids WebAssembly
    let chosen;
    const choice = new Promise((resolve) => (chosen = resolve));
    if (reader === "wasm") await tab.route(/\.js$/, (route) => choice.then(() => route.continue())); // on a slow line people choose before the script has come
    await tab.goto(khien.url + "v", { waitUntil: reader === "wasm" ? "commit" : "load" });
    await tab.setInputFiles("#scan-file", picture);
    chosen();
    await shown(tab, "#place-name", "Chợ Minh Hòa");
    await tab.context().close();
  }
  const tab = await page390(plain, { bypassCSP: false });
  await tab.goto(link.replace(/^https?:\/\/[^/]+\//, khien.url)); // as the phone's own camera opens it
  await shown(tab, "#place-name", "Chợ Minh Hòa");
  assert.equal(new URL(tab.url()).hash, "", "the code does not stay in the address");
  await tab.click("#visit-other");
  await tab.click("#scan-start");
  await shown(tab, "#scan-said", "camera");
  const token = link.split("#")[1];
  for (const [typed, says] of [[khien.url + "v#" + token.slice(0, -4) + "AAAA", "không dùng được"], ["https://kh1en.example/v#" + token, "trang khác"],
    [citizen(3), "mã của người"], ["xin chào", "không phải mã địa điểm"]]) {
    await tab.fill("#scan-text", typed);
    await tab.press("#scan-text", "Enter");
    await shown(tab, "#flash.flash-bad .flash-title", says);
    await tab.click("#flash");
  }
});

test("an officer keeps a place, and signing out leaves nothing on the device", { skip, timeout: hangMs }, async () => {
  const { password, secret } = JSON.parse(readFileSync(join(khien.data, "demo.json"), "utf8")).find((a) => a.login === "huulung");
  const tab = await page1440(plain, { bypassCSP: false });
  await tab.goto(khien.url + "sign-in");
  await tab.fill("[name=login]", "huulung");
  await tab.fill("[name=password]", password);
  await tab.click("main form button");
  await tab.fill("[name=code]", totp(secret));
  await tab.click("main form button");
  await tab.waitForSelector(".site-out");
  await tab.goto(khien.url + "keep?place=" + place.id);
  await shown(tab, "#keep-place", "Chợ Minh Hòa");
  await tab.fill("#scan-text", citizen(7));
  await tab.press("#scan-text", "Enter");
  await tab.waitForFunction(() => document.querySelectorAll("#keep-recent .badge-good").length === 1);
  await tab.waitForSelector("#flash", { state: "hidden" });
  await screenshot(tab, "keep-1440");
  await tab.fill("#scan-text", declared);
  await tab.press("#scan-text", "Enter");
  await shown(tab, "#flash.flash-good .flash-title", "Xanh");
  assert.match(await tab.textContent("#flash .flash-line"), /H\. V\. K\. 1990/);
  await tab.waitForSelector("#flash", { state: "hidden" });
  assert.deepEqual(await axeStrict(tab), []);
  assert.equal((await tab.evaluate(() => indexedDB.databases())).length, 1);
  await Promise.all([tab.waitForNavigation(), tab.locator(".site-out button").click()]);
  await tab.waitForSelector("a.site-viewer");
  assert.deepEqual(await tab.evaluate(() => indexedDB.databases()), []);
});
