// Weighs and times the first load of a page: prints {"gz_bytes","first_paint_ms","files"} and nothing else.
//
//	node test/browser/budget.mjs http://127.0.0.1:8080/
//
// The line is 1.6 Mbit/s with 150 ms there and back, the processor four times slower. The middle of three runs' paints counts.
import { firstLoad, launch, missing } from "./lib.mjs";

if (process.env.NODE_TEST_CONTEXT) process.exit(0); // `node --test` on the whole folder runs this file too

const url = process.argv[2];
if (!url) {
  console.error("budget: give the URL of a page");
  process.exit(2);
}
const why = missing();
if (why) {
  console.error("budget: " + why);
  process.exit(1);
}
const browser = await launch();
try {
  const runs = [];
  for (let i = 0; i < 3; i++) runs.push(await firstLoad(browser, url));
  runs.sort((a, b) => a.first_paint_ms - b.first_paint_ms);
  console.log(JSON.stringify(runs[1]));
} finally {
  await browser.close();
}
