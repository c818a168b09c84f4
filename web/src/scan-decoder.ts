// Which reader of codes this browser gets: its own (BarcodeDetector), else ZXing in a worker, else a plain one in a worker.

/** Question and Answer go between the page and a worker. */
export interface Question { id: number; image: ImageData; hard: boolean }
export interface Answer { id?: number; text?: string; ready?: boolean }

/** Reader reads one picture; "" when it holds no code. hard spends more time, for photographs. */
export interface Reader {
  name: string;
  read(image: ImageData, hard: boolean): Promise<string>;
  close(): void;
}

interface Detector { detect(source: ImageData): Promise<{ rawValue: string }[]> }
interface DetectorClass { new (options: { formats: string[] }): Detector; getSupportedFormats(): Promise<string[]> }

const readyWithinMs = 20000; // a slow line brings ZXing's 0.4 MB

/** openReader gives the best reader there is. wasm and plain are the addresses of the two workers. */
export async function openReader(wasm: string, plain: string): Promise<Reader> {
  const own = await native();
  if (own) return own;
  try {
    return await worker("wasm", wasm);
  } catch {
    return worker("plain", plain);
  }
}

/** native is the browser's own reader, which Chrome has on Android. */
async function native(): Promise<Reader | null> {
  const Detector = (self as unknown as { BarcodeDetector?: DetectorClass }).BarcodeDetector;
  if (!Detector) return null;
  try {
    if ((await Detector.getSupportedFormats()).indexOf("qr_code") < 0) return null;
    const detector = new Detector({ formats: ["qr_code"] });
    return {
      name: "native",
      read: async (image) => (await detector.detect(image).catch(() => []))[0]?.rawValue ?? "",
      close: () => undefined,
    };
  } catch {
    return null;
  }
}

/** worker starts a reader in a thread of its own; it rejects when the browser will not have it. */
function worker(name: string, url: string): Promise<Reader> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(url);
    const waiting = new Map<number, (text: string) => void>();
    let next = 1;
    const fail = () => {
      thread.terminate();
      for (const answer of Array.from(waiting.values())) answer("");
      reject(new Error("scan: no reader " + name));
    };
    const late = setTimeout(fail, readyWithinMs);
    const reader: Reader = {
      name,
      read: (image, hard) => new Promise((answer) => {
        waiting.set(next, answer);
        thread.postMessage({ id: next++, image, hard } as Question, [image.data.buffer]);
      }),
      close: () => thread.terminate(),
    };
    thread.onerror = fail;
    thread.onmessage = ({ data }: MessageEvent<Answer>) => {
      if (data.ready !== undefined) {
        clearTimeout(late);
        if (data.ready) resolve(reader);
        else fail();
        return;
      }
      const answer = waiting.get(data.id!);
      waiting.delete(data.id!);
      if (answer) answer(data.text || "");
    };
  });
}
