// Places and their posters: an officer registers a market on a desk, looks at its code, downloads the poster, closes and reopens it; a list is sent; a phone's width.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { axe, comeIn, invite, launch, missing, page1440, page390, screenshot, startKhien, hangMs } from "./lib.mjs";

const skip = missing();
let browser, khien;

before(async () => {
  if (skip) return;
  browser = await launch();
  khien = await startKhien({ env: { KHIEN_PUBLIC_URL: "https://khien.langson.gov.vn" } });
});

after(async () => {
  await browser?.close();
  await khien?.stop();
});

async function wide(tab) {
  return tab.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth + 1);
}

async function look(tab, name) {
  await screenshot(tab, name, { fullPage: true });
  assert.deepEqual(await axe(tab), [], name);
  assert.equal(await wide(tab), false, name + " scrolls sideways");
}

test("an officer's places, their posters and a list", { skip, timeout: hangMs }, async () => {
  const link = khien.log().match(/https?:\S+\/set-up\/\S+/)[0].replace("https://khien.langson.gov.vn/", khien.url);
  const admin = await comeIn(browser, page1440, link, { login: "quantri", full_name: "Nông Thị Quản Trị" });
  const invited = (await invite(khien, admin, "thanhpho", "Cán bộ thành phố", "health_officer", "2021/20/178")).replace("https://khien.langson.gov.vn/", khien.url);
  const tab = await comeIn(browser, page1440, invited);

  await tab.goto(khien.url + "places");
  await look(tab, "places-empty-1440");
  await tab.click("main a[href='/places/new']");
  await tab.fill("[name=place_name]", "Chợ Kỳ Lừa");
  await tab.selectOption("[name=place_kind]", "market");
  await tab.selectOption("[name=place_area]", { label: "\u2003\u2003Phường Hoàng Văn Thụ" });
  await tab.fill("[name=address]", "Đường Trần Đăng Ninh");
  await tab.fill("[name=position]", "21.85, 1060");
  await tab.fill("[name=open_from]", "05:00");
  await tab.fill("[name=open_to]", "19:00");
  await tab.click("main form button.btn-primary");
  await tab.waitForSelector("#f-position[aria-invalid=true]");
  await look(tab, "places-form-1440");
  await tab.fill("[name=position]", "21.853, 106.761");
  await tab.click("main form button.btn-primary");
  await tab.waitForURL(/\/places\/[0-9a-f-]{36}/);
  assert.equal(await tab.locator("img[src$='code.svg']").evaluate((i) => i.naturalWidth > 0), true, "the code is shown");
  await look(tab, "place-1440");

  const [download] = await Promise.all([tab.waitForEvent("download"), tab.click("a[href$='poster.pdf']")]);
  assert.equal(readFileSync(await download.path()).subarray(0, 5).toString(), "%PDF-");
  await tab.click("form[action$='/close'] button");
  await tab.waitForSelector("form[action$='/reopen']");
  await tab.click("form[action$='/reopen'] button");
  await tab.waitForSelector("form[action$='/close']");

  const file = join(mkdtempSync(join(tmpdir(), "khien-")), "dia-diem.csv");
  writeFileSync(file, "Tên địa điểm,Loại,Huyện,Xã\nTạp hoá Bà Lan,Cửa hàng,Lạng Sơn,Mai Pha\n=1+1,Chợ,Lạng Sơn,Mai Pha\nQuán phở Thìn,Quán ăn,Lạng Sơn,Không Có Xã\n");
  await tab.goto(khien.url + "places/import");
  await tab.setInputFiles("[name=file]", file);
  await tab.click("main form button.btn-primary");
  await tab.waitForSelector("text=dia-diem.csv");
  await look(tab, "places-import-1440");

  const small = await page390(browser, { storageState: await tab.context().storageState(), bypassCSP: true });
  for (const [path, name] of [["places", "places-390"], ["places/new", "places-form-390"], ["places/import", "places-import-390"], ["n", "number-390"], ["cards/list", "card-list-390"]]) {
    await small.goto(khien.url + path);
    await look(small, name);
  }
  await small.goto(khien.url + "places");
  await small.click("text=Chợ Kỳ Lừa");
  await look(small, "place-390");
  assert.deepEqual(small.problems, []);
});
