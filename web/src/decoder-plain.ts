// A worker: reads QR codes without WebAssembly, for browsers that have none or forbid it. It reads from a shorter distance.

import decodeQR from "qr/decode.js";
import type { Answer, Question } from "./scan-decoder";
import { textOf } from "./scan-text";

const send = (answer: Answer): void => (self as unknown as Worker).postMessage(answer);

self.addEventListener("message", (event: MessageEvent<Question>) => {
  const { id, image, hard } = event.data;
  try {
    const textDecoder = (bytes: Uint8Array) => textOf(bytes) ?? new TextDecoder("windows-1258").decode(bytes);
    send({ id, text: decodeQR(image, { textDecoder, timeLimit: hard ? 2000 : 60 }) });
  } catch {
    send({ id, text: "" });
  }
});

send({ ready: true });
