// A health declaration from the first page to the gate: a phone without JavaScript proves its number, says who it is, declares and gets a code;
// an officer looks the code up and declares for somebody without a phone. All people are invented.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { prove } from "./checkin-lib.mjs";
import { read } from "./film.mjs";
import { axe, launch, missing, page1440, page390, screenshot, startKhien, hangMs, withoutIds } from "./lib.mjs";

const skip = missing();
const questions = ["passed", "signs", "met_case", "met_abroad", "met_signs"];
let khien, browser, picture, short;

before(async () => {
  if (skip) return;
  khien = await startKhien({ args: ["--demo"] });
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await khien?.stop();
});

/** look holds that a page has no fault that axe finds, and does not scroll sideways. */
async function look(tab, name) {
  assert.deepEqual(await axe(tab), [], name);
  assert.ok(await tab.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${name} scrolls sideways`);
  await screenshot(tab, name, { fullPage: true });
}

/** grey is a picture's pixels, for a reader of codes. */
const grey = (tab, src) => tab.evaluate(async (src) => {
  const image = new Image();
  image.src = src;
  await image.decode();
  const c = new OffscreenCanvas(image.width, image.height).getContext("2d");
  c.drawImage(image, 0, 0);
  const { data } = c.getImageData(0, 0, image.width, image.height);
  return { w: image.width, h: image.height, grey: Array.from({ length: image.width * image.height }, (_, i) => data[4 * i]) };
}, src);

test("a phone without JavaScript declares and gets a code", { skip, timeout: hangMs }, async () => {
  const tab = await page390(browser, { javaScriptEnabled: false });
  const addresses = [];
  tab.on("request", (r) => addresses.push(r.url()));
  await tab.goto(khien.url + "declare");
  await prove(tab, khien.url, "0912 345 678", { name: "Nông Thị Hoa", birth: "14/05/1988" });
  await tab.click("text=Tiếp tục");
  for (const q of questions) await tab.check(`[name="q.${q}"][value=no]`);
  await tab.check('[name="q.signs"][value=yes]');
  await tab.click("main form .btn-primary"); // the signs are not said
  await tab.waitForSelector(".alert-bad");
  assert.match(await tab.textContent(".alert-bad"), /Dấu hiệu nào\? – chưa trả lời/);
  await tab.check('[name="q.which_signs"][value=cough]');
  await tab.click("main form .btn-primary");
  await tab.waitForURL(/declare\/[0-9a-f-]{36}/);
  assert.match(await tab.textContent("main"), /Vàng/);
  await tab.click("text=Sửa tờ khai");
  await tab.check('[name="q.signs"][value=no]');
  await tab.click("main form .btn-primary");
  await tab.waitForURL(/_done/);
  assert.match(await tab.textContent("main"), /Xanh/);
  short = await tab.textContent("main code");
  const code = await read(await grey(await page1440(browser), await tab.locator("main img").getAttribute("src")));
  assert.match(code, new RegExp(`^${khien.url}d#[A-Za-z0-9_-]{120}$`));
  picture = code;
  await screenshot(tab, "declaration-one-390", { fullPage: true });
  for (const address of addresses) assert.ok(!/912|345678|Hoa|1988/.test(withoutIds(decodeURIComponent(address).replace(khien.url, ""))), `an address tells of a person: ${address}`);
});

test("the pages have no fault, in three languages", { skip, timeout: hangMs }, async () => {
  const tab = await page390(browser);
  await tab.goto(khien.url + "phone?next=/declare");
  await look(tab, "phone-number-390");
  await prove(tab, khien.url, "0912 345 679", { name: "Lý Văn Bảo", birth: "1970" });
  for (const [lang, paths] of [["vi", ["phone", "phone/who", "declare", "declare/form?kind=entry", "declare/mine"]], ["en", ["declare"]], ["zh", ["phone", "declare/form?kind=entry"]]]) {
    for (const path of paths) {
      await tab.goto(khien.url + path + (path.includes("?") ? "&" : "?") + "lang=" + lang);
      assert.equal(await tab.getAttribute("html", "lang"), lang, path);
      await look(tab, `declaration-${path.replace(/\W+/g, "-")}-${lang}-390`);
    }
  }
  assert.deepEqual(tab.problems, []);
});

test("an officer checks a code and declares for somebody", { skip, timeout: hangMs }, async () => {
  const tab = await page1440(browser);
  await tab.goto(khien.url + "demo");
  const [login, password, secret] = await tab.locator("tr", { hasText: "huulung" }).locator("code").allTextContents();
  await tab.goto(khien.url + "sign-in");
  await tab.fill("[name=login]", login);
  await tab.fill("[name=password]", password);
  await tab.click("main form button");
  await tab.fill("[name=code]", secret);
  await tab.click("main form button");
  for (const text of [picture, short]) {
    await tab.goto(khien.url + "declarations");
    await tab.fill("[name=code]", text);
    await tab.click("main form .btn-primary");
    await tab.waitForSelector("section[role=status]");
    assert.match(await tab.textContent("section[role=status]"), /có giá trị.*Xanh.*trước ở mức: Vàng.*N\. T\. H\./s);
  }
  await look(tab, "declaration-list-1440");
  await tab.goto(khien.url + "declarations/new");
  await look(tab, "declaration-new-1440");
  await tab.fill("[name=scan]", "020175001234|082345678|Hoàng Thị Mẫu|02091975|Nữ|Thôn Mẫu, Minh Hòa, Hữu Lũng|01012022");
  await tab.click("[name=_read]");
  assert.equal(await tab.inputValue("[name=name]"), "Hoàng Thị Mẫu");
  assert.equal(await tab.inputValue("[name=birth]"), "1975-09-02");
  for (const q of questions) await tab.check(`[name="q.${q}"][value=no]`);
  await tab.check('[name="q.met_case"][value=yes]');
  await tab.click("main form button.btn-primary");
  await tab.waitForSelector("main img");
  assert.match(await tab.textContent("main"), /Đỏ.*1900 9095/s);
  await look(tab, "declaration-made-1440");
  assert.deepEqual(tab.problems, []);
});
