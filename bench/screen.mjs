// Watches the public map in Chromium and says what changes in it, and when: one line of JSON a row of the table,
// {"code","at_ms"}, the time being that of the frame in which the change was painted. Ends when standard input does.
//
//	node bench/screen.mjs http://127.0.0.1:8080/
import { launch, missing, page1440 } from "../test/browser/lib.mjs";

const why = missing();
if (why) {
  console.error("screen: " + why);
  process.exit(1);
}
const browser = await launch();
process.stdin.resume().on("end", () => browser.close().then(() => process.exit(0)));
const tab = await page1440(browser);
await tab.exposeFunction("tellChange", (change) => console.log(JSON.stringify(change)));
await tab.goto(process.argv[2]);
await tab.waitForSelector('.map-status[data-state="live"]');
await tab.evaluate(() => {
  new MutationObserver((changes) => {
    const rows = new Set(changes.map(({ target }) => (target instanceof Element ? target : target.parentElement)?.closest("tr[data-code]")));
    // A frame's callbacks run before it is painted, a message after.
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => rows.forEach((row) => row && window.tellChange({ code: row.dataset.code, at_ms: Date.now() }));
      port2.postMessage(0);
    });
  }).observe(document.getElementById("map-table"), { subtree: true, childList: true, characterData: true });
});
console.log("watching");
