// What the browser tests share: Chromium, Khiên on a free port with a folder of its own, screenshots, axe, measures.
import { execFileSync, spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const require = createRequire(join(root, "web/package.json"));
const chromiumPath = process.env.CHROMIUM || "/usr/bin/chromium";
const out = join(root, "test/out");

/** patienceMs is how long a page may take for one step before a test gives it up, hangMs a whole test: both only end what hangs, on a machine as slow
 *  as any that runs these tests. How fast pages are is for make bench. */
export const patienceMs = 90000, hangMs = 600000;

/** launchFlags are what headless Chromium needs as root on a machine without a network. */
export const launchFlags = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
];

/** missing says why the browser tests cannot run here, or is false when they can. Give it to `skip`. */
export function missing() {
  if (!existsSync(join(root, "web/node_modules/playwright-core"))) return "no web/node_modules: run `npm ci` in web/";
  if (existsSync(chromiumPath)) return false;
  try {
    execFileSync("apt-get", ["install", "-y", "-qq", "--no-install-recommends", "chromium", "fonts-noto-core"], { stdio: "ignore", timeout: 300000 });
  } catch {
    return `no Chromium at ${chromiumPath}, and apt-get could not install it (set CHROMIUM)`;
  }
  return existsSync(chromiumPath) ? false : `no Chromium at ${chromiumPath}`;
}

/** launch starts Chromium with more flags where a test needs them; the caller closes it. */
export function launch(more = []) {
  const { chromium } = require("playwright-core");
  return chromium.launch({ executablePath: chromiumPath, headless: true, args: [...launchFlags, ...more] });
}

/** page opens a page of the given size. bypassCSP lets axe in; leave it out to test the page as readers get it.
 *  Errors of the page are kept in page.problems. */
export async function page(browser, width, height, options = {}) {
  const context = await browser.newContext({
    viewport: { width, height }, locale: "vi-VN", timezoneId: "Asia/Ho_Chi_Minh", bypassCSP: true, ...options,
  });
  const tab = await context.newPage();
  tab.setDefaultTimeout(patienceMs);
  tab.problems = [];
  tab.on("pageerror", (err) => tab.problems.push(String(err)));
  tab.on("console", (message) => message.type() === "error" && tab.problems.push(message.text()));
  return tab;
}

/** page390 is a phone, page1440 a desk. */
export const page390 = (browser, options = {}) => page(browser, 390, 844, { hasTouch: true, isMobile: true, deviceScaleFactor: 2, ...options });
export const page1440 = (browser, options = {}) => page(browser, 1440, 900, options);

/** screenshot writes test/out/NAME.png. */
export async function screenshot(tab, name, options = {}) {
  mkdirSync(out, { recursive: true });
  const path = join(out, name + ".png");
  await tab.screenshot({ path, ...options });
  return path;
}

/** colourRules are the rules of axe that another theme may break: themes change colours and nothing else. */
export const colourRules = ["color-contrast", "link-in-text-block"];

/** axe returns the breaches of WCAG 2.1 A and AA, or of the rules named, one line each. The page must be made with bypassCSP. */
export async function axe(tab, rules = null) {
  const { source } = require("axe-core");
  if (!(await tab.evaluate(() => "axe" in window))) await tab.evaluate(source);
  const only = rules ? { type: "rule", values: rules } : ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"];
  const { violations } = await tab.evaluate((runOnly) => window.axe.run(document, { runOnly, resultTypes: ["violations"] }), only);
  return violations.flatMap((v) => v.nodes.map((n) => `${v.id} (${v.impact}): ${n.target.join(" ")}: ${n.failureSummary.split("\n").slice(1).join(" ").trim()}`));
}

/** freePort asks the system for one. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** startKhien runs `bin/khien serve` on a free port with a new data folder and waits until /readyz answers.
 *  It returns {url, data, run(...args), log(), stop()}; run is another khien command on the same data, with its JSON read. */
export async function startKhien({ bin = join(root, "bin/khien"), env = {}, args = [], timeoutMs = patienceMs } = {}) {
  if (!existsSync(bin)) throw new Error("no bin/khien: run `make build`");
  const data = mkdtempSync(join(tmpdir(), "khien-browser-"));
  const address = `127.0.0.1:${await freePort()}`;
  const others = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("KHIEN_"))); // khien refuses those it does not know
  const all = { ...others, KHIEN_DATA: data, KHIEN_ADDR: address, ...env };
  const child = spawn(bin, ["serve", ...args], { env: all, stdio: ["ignore", "pipe", "pipe"] });
  let log = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (log = (log + chunk).slice(-200000)));
  const ended = new Promise((resolve) => child.on("exit", resolve));

  const stop = async () => {
    child.kill("SIGTERM");
    const late = setTimeout(() => child.kill("SIGKILL"), 10000);
    await ended;
    clearTimeout(late);
    rmSync(data, { recursive: true, force: true });
  };
  const url = `http://${address}/`;
  const until = Date.now() + timeoutMs;
  for (;;) {
    const ready = await fetch(url + "readyz").then((r) => r.ok, () => false);
    if (ready) break;
    if (child.exitCode !== null || Date.now() > until) {
      await stop();
      throw new Error("khien did not become ready:\n" + log);
    }
    await new Promise((again) => setTimeout(again, 100));
  }
  const run = (...command) => {
    const text = execFileSync(bin, [...command, "--json"], { env: all, encoding: "utf8", maxBuffer: 1 << 26 });
    return JSON.parse(text);
  };
  return { url, data, run, stop, log: () => log };
}

/** totp is the code of RFC 6238 that an authenticator app would show now. */
export function totp(secret) {
  let bits = "";
  for (const c of secret.replaceAll(" ", "")) bits += "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(c).toString(2).padStart(5, "0");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30000)));
  const mac = createHmac("sha1", key).update(counter).digest();
  return String((mac.readUInt32BE(mac[19] & 15) & 0x7fffffff) % 1000000).padStart(6, "0");
}

const password = "hoa ban trắng nở ven đường";

/** comeIn sets an account up by its one-time link; the tab is signed in afterwards. */
export async function comeIn(browser, make, link, fields = {}) {
  const tab = await make(browser);
  await tab.goto(link);
  for (const [name, value] of Object.entries(fields)) await tab.fill(`[name=${name}]`, value);
  await tab.fill("[name=password]", password);
  await tab.fill("[name=again]", password);
  await tab.fill("[name=code]", totp(await tab.locator("form code").first().textContent()));
  await tab.click("main form button");
  await tab.waitForSelector("ul code"); // the recovery codes
  return tab;
}

/** invite makes an account of one role, or several, and returns its link. */
export async function invite(khien, admin, login, name, roles, area) {
  await admin.goto(khien.url + "accounts/new");
  await admin.fill("[name=login]", login);
  await admin.fill("[name=full_name]", name);
  for (const role of [roles].flat()) await admin.check(`[name=roles][value=${role}]`);
  await admin.selectOption("[name=jurisdiction]", area);
  await admin.click("main form button");
  return admin.locator("article code").textContent();
}

/** firstLoad opens url in a fresh context on a slow line and a slow processor and weighs what comes, as transferred.
 *  It waits until the network has been quiet for a second; what the reader does later is not counted. */
export async function firstLoad(browser, url, { bitsPerSecond = 1.6e6, latencyMs = 150, slowdown = 4 } = {}) {
  const tab = await page(browser, 390, 844, { bypassCSP: false, isMobile: true, hasTouch: true, deviceScaleFactor: 2 });
  const cdp = await tab.context().newCDPSession(tab);
  await cdp.send("Network.enable");
  await cdp.send("Network.setCacheDisabled", { cacheDisabled: true });
  await cdp.send("Network.emulateNetworkConditions", { offline: false, latency: latencyMs, downloadThroughput: bitsPerSecond / 8, uploadThroughput: bitsPerSecond / 16 });
  await cdp.send("Emulation.setCPUThrottlingRate", { rate: slowdown });

  const names = new Map(), sizes = new Map(), open = new Set(); // by request id, which a redirect keeps
  let quiet = Date.now();
  cdp.on("Network.requestWillBeSent", ({ requestId, request, type }) => {
    names.set(requestId, request.url);
    if (type !== "EventSource") open.add(requestId);
  });
  const settle = (id, size) => {
    if (size) sizes.set(id, size);
    open.delete(id);
    quiet = Date.now();
  };
  cdp.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => settle(requestId, encodedDataLength));
  cdp.on("Network.loadingFailed", ({ requestId }) => settle(requestId, 0));

  await tab.goto(url, { waitUntil: "load", timeout: patienceMs });
  const until = Date.now() + 30000;
  while (Date.now() < until && (open.size > 0 || Date.now() - quiet < 1000)) await new Promise((again) => setTimeout(again, 100));
  const paint = await tab.evaluate(() => {
    const entry = performance.getEntriesByName("first-contentful-paint")[0];
    return entry ? Math.round(entry.startTime) : null;
  });
  const files = [...sizes].map(([id, bytes]) => ({ url: names.get(id).replace(new URL(url).origin, ""), bytes })).sort((a, b) => b.bytes - a.bytes);
  await tab.context().close();
  return { gz_bytes: files.reduce((sum, f) => sum + f.bytes, 0), first_paint_ms: paint, files };
}

/** withoutIds takes the ids out of a text, whose digits may look like anybody's number. */
export const withoutIds = (text) => text.replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "");

/** text reads a file of the checkout. */
export const text = (path) => readFileSync(join(root, path), "utf8");
