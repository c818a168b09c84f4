// What the check-in tests share: a phone that proves its number, a place with its poster, Chromium with a profile that survives a kill,
// a wire that can be cut.
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { launchFlags, root } from "./lib.mjs";

const require = createRequire(join(root, "web/package.json"));

/** codeFor waits for the one-time code that went to a number; the demo shows messages to this machine. */
async function codeFor(url, number, after) {
  for (let i = 0; i < 200; i++) {
    const page = await fetch(url + "demo/codes").then((r) => r.text());
    const rows = [...page.matchAll(/<code>([^<]*)<\/code><\/td><td>([^<]*)</g)].filter((m) => m[1].endsWith(number.replace(/\D/g, "").slice(-9)));
    if (rows.length > after) return rows[0][2].match(/\b\d{6}\b/)[0];
    await new Promise((again) => setTimeout(again, 50));
  }
  throw new Error("no code came for " + number);
}

const asked = new Map();

/** prove fills the pages of /phone, which the tab is on: number, code, and who it is when it is asked. */
export async function prove(tab, url, number, who) {
  await tab.fill("[name=phone]", number);
  await tab.click("main form button");
  await tab.waitForSelector("[name=code]");
  const before = asked.get(number) || 0;
  asked.set(number, before + 1);
  await tab.fill("[name=code]", await codeFor(url, number, before));
  await tab.click("main form .btn-primary");
  await tab.waitForLoadState();
  if (await tab.locator("[name=birth]").count()) {
    await tab.fill("[name=name]", who.name);
    await tab.fill("[name=birth]", who.birth);
    await tab.click("main form .btn-primary");
    await tab.waitForLoadState();
  }
}

/** openPlace lets a keeper's tab register a place, and gives its poster's PDF. */
export async function openPlace(tab, url, number, who, name) {
  await tab.goto(url + "phone?next=/keeper/new");
  await prove(tab, url, number, who);
  await tab.goto(url + "keeper/new");
  await tab.fill("[name=place_name]", name);
  await tab.selectOption("[name=place_kind]", "market");
  await tab.selectOption("[name=place_area]", "2021/20/186/06457");
  await tab.click("main form .btn-primary");
  await tab.waitForURL(/\/keeper\/[0-9a-f-]{36}/);
  const path = new URL(tab.url()).pathname;
  const poster = await tab.request.get(url.replace(/\/$/, "") + path + "/poster.pdf");
  return { id: path.split("/")[2], pdf: await poster.body() };
}

/** axeStrict is axe on a page that keeps its content security policy: it comes in by the debugger. */
export async function axeStrict(tab) {
  const cdp = await tab.context().newCDPSession(tab);
  await cdp.send("Runtime.evaluate", { expression: require("axe-core").source });
  const { result } = await cdp.send("Runtime.evaluate", { awaitPromise: true, returnByValue: true,
    expression: `axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"] }).then((r) => r.violations.flatMap((v) => v.nodes.map((n) => v.id + " (" + v.impact + "): " + n.target.join(" ") + ": " + n.failureSummary)))` });
  await cdp.detach();
  return result.value;
}

/** wire stands between browsers and a server: cut drops every connection and takes no new one, mend takes them again.
 *  losing(n) lets n answers to deliveries be lost after the server has worked. */
export async function wire(url) {
  const target = new URL(url), sockets = new Set();
  let whole = true, lose = 0, lost = 0;
  const server = createServer((near) => {
    if (!whole) return near.destroy();
    const far = connect(Number(target.port), target.hostname);
    let dropping = false;
    for (const s of [near, far]) {
      sockets.add(s);
      s.on("error", () => undefined);
      s.on("close", () => {
        sockets.delete(s);
        near.destroy();
        far.destroy();
      });
    }
    near.on("data", (chunk) => {
      if (lose > 0 && /^POST \/api\/v1\/places\/[0-9a-f-]+\/visits /.test(chunk.toString("latin1"))) {
        lose--;
        dropping = true;
      }
      far.write(chunk);
    });
    far.on("data", (chunk) => {
      if (!dropping) return near.write(chunk);
      lost++;
      near.destroy();
    });
  });
  const listen = (port) => new Promise((ready) => server.listen(port, "127.0.0.1", ready));
  await listen(0);
  const { port } = server.address();
  return {
    url: `http://127.0.0.1:${port}/`,
    lost: () => lost,
    losing: (n) => (lose = n),
    cut: async () => {
      whole = false;
      for (const s of sockets) s.destroy();
      await new Promise((closed) => server.close(closed));
    },
    mend: () => {
      whole = true;
      return listen(port);
    },
    close: () => {
      for (const s of sockets) s.destroy();
      if (server.listening) server.close();
    },
  };
}

/** profile starts Chromium on a folder that outlives it. kill ends it as a phone that runs out of memory does; quit lets it put its things away. */
export async function profile(folder, extra = []) {
  const { chromium } = require("playwright-core");
  const child = spawn(process.env.CHROMIUM || "/usr/bin/chromium", [...launchFlags, "--headless=new", "--remote-debugging-port=0", "--user-data-dir=" + folder, "--lang=vi-VN", "--accept-lang=vi-VN,vi", ...extra, "about:blank"],
    { stdio: ["ignore", "ignore", "pipe"] });
  const ended = new Promise((resolve) => child.on("exit", resolve));
  const address = await new Promise((resolve, reject) => {
    let said = "";
    child.stderr.on("data", (chunk) => {
      said += chunk;
      const found = said.match(/DevTools listening on (ws:\S+)/);
      if (found) resolve(found[1]);
    });
    child.on("exit", () => reject(new Error("Chromium ended: " + said.slice(-500))));
  });
  const browser = await chromium.connectOverCDP(address);
  const context = browser.contexts()[0];
  return {
    page: async () => {
      const tab = await context.newPage();
      await tab.setViewportSize({ width: 390, height: 844 });
      tab.setDefaultTimeout(30000);
      return tab;
    },
    kill: async () => {
      child.kill("SIGKILL");
      await ended;
    },
    quit: async () => {
      const cdp = await browser.newBrowserCDPSession();
      await cdp.send("Browser.close").catch(() => undefined);
      await ended;
    },
  };
}

/** citizen is a synthetic citizen card's text: the n-th invented person of a village in Lạng Sơn. */
export function citizen(n, name = "Lý Thị Mẫu") {
  const year = 1960 + (n % 40);
  return `0201${String(year).slice(2)}${String(100000 + n)}||${name} ${"ABCDEGHIKLMNOPQRSTUVXY"[n % 22]}|1505${year}|Nữ|Thôn ${n}, Minh Hòa, Hữu Lũng, Lạng Sơn|10052021`;
}
