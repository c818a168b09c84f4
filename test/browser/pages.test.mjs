// Every page in every theme, on a narrow phone and on a desk: WCAG 2.1 AA by axe, nothing that scrolls sideways, no error of a script;
// and what a reader does with the keyboard alone.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { axe, colourRules, comeIn, invite, launch, missing, page, page1440, page390, screenshot, startKhien, hangMs } from "./lib.mjs";

const skip = missing();
const roles = ["administrator", "auditor", "health_officer", "approver", "tracer"];
let browser, khien, staff, invited;

before(async () => {
  if (skip) return;
  browser = await launch();
  khien = await startKhien();
  staff = await page1440(browser);
  await staff.goto(khien.url);
  await staff.waitForSelector(".map-live");
  await each(staff, "", "map-empty"); // before the first number
  await staff.context().close();

  const admin = await comeIn(browser, page1440, khien.log().match(/http:\S+\/set-up\/\S+/)[0], { login: "quantri", full_name: "Nông Thị Quản Trị" });
  const link = await invite(khien, admin, "nhieuviec", "Hoàng Thị Kiêm Nhiệm Nguyễn", roles, "2021/20");
  invited = await invite(khien, admin, "cho", "Người Chờ Thiết Lập", "health_officer", "2021/20/186");
  staff = await comeIn(browser, page1440, link);
  const file = join(khien.data, "counts.csv");
  writeFileSync(file, "date,province,district,commune,new_cases\n2021-05-01,Lạng Sơn,Hữu Lũng,Minh Hòa,12345\n2021-05-02,Lạng Sơn,Hữu Lũng,Vân Nham,40321\n2021-05-09,Lạng Sơn,Chi Lăng,Vân An,9\n");
  khien.run("import", "cases-by-area", file);
});

after(async () => {
  await browser?.close();
  await khien?.stop();
});

// A theme changes colours alone, and those at every width: each width is looked at in light and in one of the others.
const looks = { light: [320, 1440], dark: [320], sun: [1440] };

/** each looks at the page that is open, or at path, in three themes and two widths. Only a map is drawn anew for a theme. */
async function each(tab, path, name) {
  for (const [theme, widths] of Object.entries(looks)) {
    await tab.context().addCookies([{ name: "theme", value: theme, url: khien.url }]);
    const drawn = theme !== "light" && (await tab.locator("#map").count());
    if (path !== null && (theme === "light" || drawn)) await tab.goto(khien.url + path);
    else await tab.evaluate((t) => (document.documentElement.dataset.theme = t), theme);
    if (await tab.locator("#map").count()) await tab.waitForSelector(".map-live");
    for (const width of widths) {
      await tab.setViewportSize({ width, height: 900 });
      assert.deepEqual(await axe(tab, theme === "light" ? null : colourRules), [], `${name} ${theme} ${width}`);
      const wide = await tab.evaluate(() => [...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest(".table-wrap, .tabs, .site-nav, .map-canvas, .visually-hidden, pre")).map((e) => e.outerHTML.slice(0, 100)).slice(0, 3));
      assert.deepEqual(wide, [], `${name} ${theme} ${width}: hangs over`);
      if (theme === "light") await screenshot(tab, `page-${name}-${width}`, { fullPage: true });
    }
  }
}

test("pages of everybody", { skip, timeout: hangMs }, async () => {
  const tab = await page1440(browser);
  for (const [name, path] of [["map", ""], ["map-districts", "?level=district&window=total"], ["map-country", "?level=province&edition=2025"],
    ["area", "area/2021/20/186"], ["area-commune", "area/2021/20/186/06457?day=2021-05-02"], ["area-2025", "area/2025/20/-/06457"],
    ["sign-in", "sign-in"], ["api", "api/v1/docs"], ["set-up", new URL(invited).pathname.slice(1)], ["map-en", "?lang=en"], ["area-en", "area/2021/20/186?lang=en"]]) await each(tab, path, name);
  assert.deepEqual(tab.problems, []);
  await tab.goto(khien.url + "khong-co?lang=vi");
  await each(tab, "khong-co", "not-found");
  await tab.context().close();
});

test("pages of staff", { skip, timeout: hangMs }, async () => {
  const created = await staff.request.post(khien.url + "api/v1/cases", { data: { classification: "confirmed", number: "BN1", name: "Vi Thị Mẫu", phone: "0912345678", area: "2021/20/186/06457", source: "community", confirmed: "2021-05-13", reported: "2021-05-13" } });
  const { id } = await created.json();
  await staff.goto(khien.url + "accounts?search=cho");
  const account = new URL(await staff.getAttribute("tbody a", "href"), khien.url).pathname.slice(1);
  for (const [name, path] of [["cases", "cases"], ["case", "cases/" + id], ["case-new", "cases/new"], ["case-edit", `cases/${id}/edit`], ["import", "cases/import"], ["announcements", "announcements"],
    ["accounts", "accounts"], ["account-new", "accounts/new"], ["account", account], ["audit", "audit"], ["profile", "profile"], ["authenticator", "profile/authenticator"],
    ["cases-en", "cases?lang=en"], ["audit-en", "audit?lang=en"], ["case-new-vi", "cases/new?lang=vi"]]) await each(staff, path, name);
  assert.deepEqual(staff.problems, []);
});

test("forms say what to mend", { skip, timeout: hangMs }, async () => {
  await staff.goto(khien.url + "cases/new?lang=vi");
  await staff.fill("[name=confirmed]", "2031-01-01");
  await staff.fill("[name=birth_year]", "abcd");
  await staff.evaluate(() => document.querySelectorAll("[required]").forEach((e) => e.removeAttribute("required")));
  await staff.click("main form .btn-primary");
  await staff.waitForSelector(".alert-bad li a");
  await each(staff, null, "case-errors");
  await staff.goto(khien.url + "accounts/new");
  await staff.evaluate(() => document.querySelectorAll("[required]").forEach((e) => e.removeAttribute("required")));
  await staff.click("main form .btn-primary");
  await staff.waitForSelector(".alert-bad");
  await each(staff, null, "account-errors");

  const rows = ["date,province,district,commune,new_cases"];
  for (let i = 0; i < 600; i++) rows.push(`2021-05-${String(1 + (i % 28)).padStart(2, "0")},Lạng Sơn,Hữu Lũng,Không có xã nào tên dài như thế này ${i},1`);
  await staff.goto(khien.url + "cases/import");
  await staff.selectOption("[name=kind]", "counts");
  await staff.setInputFiles("[name=file]", { name: "bao-cao-rat-dai-cua-trung-tam-kiem-soat-benh-tat-tinh-lang-son.csv", mimeType: "text/csv", buffer: Buffer.from(rows.join("\n")) });
  await staff.click("main form .btn-primary");
  await staff.waitForSelector("text=Kết quả nhập tệp");
  await each(staff, null, "import-report");

  const guest = await page1440(browser);
  await guest.goto(khien.url + "sign-in");
  await guest.fill("[name=login]", "khongco");
  await guest.fill("[name=password]", "sai hoàn toàn rồi");
  await guest.click("main form button");
  await guest.waitForSelector(".alert-bad");
  await each(guest, null, "sign-in-error");
  await guest.context().close();
});

test("the menu and the way out on a phone, and without a script", { skip }, async () => {
  for (const script of [true, false]) {
    const tab = await page(browser, 320, 700, { javaScriptEnabled: script, storageState: await staff.context().storageState() });
    await tab.goto(khien.url + "audit");
    assert.equal(await tab.locator(".site-nav a").first().isVisible(), false);
    await tab.click(".site-menu summary");
    const links = tab.locator(".site-nav a");
    assert.ok((await links.count()) >= 6);
    for (const link of await links.all()) assert.ok(await link.isVisible());
    if (script) {
      assert.deepEqual(await axe(tab), []);
      await screenshot(tab, "menu-320");
      await tab.keyboard.press("Escape");
      assert.equal(await links.first().isVisible(), false);
    }
    assert.ok(await tab.locator(".site-out button").isVisible());
    await tab.context().close();
  }
});

test("by keyboard: the skip link, a focus that is seen, no trap", { skip, timeout: hangMs }, async () => {
  const tab = await page1440(browser, { reducedMotion: "reduce" });
  await tab.goto(khien.url);
  await tab.waitForSelector(".map-live");
  await tab.keyboard.press("Tab");
  assert.equal(await tab.evaluate(() => document.activeElement.className), "skip-link");
  await tab.keyboard.press("Enter");
  assert.equal(await tab.evaluate(() => document.activeElement.id), "main");
  const stops = new Set();
  for (let i = 0; i < 40; i++) {
    await tab.keyboard.press("Tab");
    const at = await tab.evaluate(() => {
      const e = document.activeElement, s = getComputedStyle(e);
      return { name: e.tagName + (e.id || e.getAttribute("aria-label") || e.textContent).trim().slice(0, 30), seen: s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2 };
    });
    stops.add(at.name);
    assert.ok(at.seen, "no outline on " + at.name);
  }
  assert.ok(stops.size >= 38, "the focus is caught: " + [...stops].join(", "));
  const moving = await tab.evaluate(() => [...document.querySelectorAll("*")].filter((e) => parseFloat(getComputedStyle(e).animationDuration) > 0.001 && getComputedStyle(e).animationName !== "none").length);
  assert.equal(moving, 0);
  await tab.context().close();
});
