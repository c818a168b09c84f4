// A worker: reads QR codes with ZXing-C++ in WebAssembly. It is loaded when somebody scans and the browser has no reader of its own.
// Its answer's own content security policy, not the page's, lets it compile WebAssembly (docs/adr/033-scanning.md).

import { prepareZXingModule, readBarcodes } from "zxing-wasm/reader";
import wasm from "zxing-wasm/reader/zxing_reader.wasm";
import type { Answer, Question } from "./scan-decoder";
import { textOf } from "./scan-text";

prepareZXingModule({ overrides: { locateFile: () => new URL(wasm, self.location.href).href }, fireImmediately: true })
  .then(() => send({ ready: true }), () => send({ ready: false }));

function send(answer: Answer): void {
  (self as unknown as Worker).postMessage(answer);
}

self.addEventListener("message", async (event: MessageEvent<Question>) => {
  const { id, image, hard } = event.data;
  try {
    const found = await readBarcodes(image, { formats: ["QRCode"], maxNumberOfSymbols: 1, tryHarder: hard, tryDownscale: hard, tryInvert: hard, tryRotate: hard });
    send({ id, text: found[0] ? textOf(found[0].bytes) ?? found[0].text : "" });
  } catch {
    send({ id, text: "" });
  }
});
