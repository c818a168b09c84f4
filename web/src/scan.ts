// The scanner: camera, reader and a loop that leaves an old phone room to breathe.

import { Camera, pictureOf } from "./scan-camera";
import { openReader, type Reader } from "./scan-decoder";
import { holderOf } from "./scan-text";

const sharpPx = 720; // a code of 65 modules is read from 2.2 px a module on (docs/adr/033-scanning.md)
const slowPx = 480;
const slowMs = 120; // a reading that takes longer gets smaller pictures
const restMs = 60; // between two readings at least, and as long as the reading itself took
const goneMs = 2500; // a code out of sight for this long counts as shown again
const idleMs = 180000; // nobody scans: the camera goes off, the battery lasts

/** Scanner calls found once for each code that comes into sight. */
export class Scanner {
  private readonly camera: Camera;
  private reader: Promise<Reader> | null = null;
  private running = 0;
  private last = { holder: "", at: 0 };
  private side = sharpPx;
  private turn = 0;

  /** idle is called when the camera has gone off by itself. */
  idle: () => void = () => undefined;

  constructor(video: HTMLVideoElement, private readonly workers: { wasm: string; plain: string }, private readonly found: (text: string) => void) {
    this.camera = new Camera(video);
    document.addEventListener("visibilitychange", () => document.hidden && this.isOn && this.stop(true));
  }

  get isOn(): boolean {
    return this.camera.isOpen;
  }

  get hasLamp(): boolean {
    return this.camera.hasLamp;
  }

  light(on: boolean): Promise<void> {
    return this.camera.light(on);
  }

  /** start opens the camera and reads until stop; it throws a Trouble of the camera. */
  async start(): Promise<void> {
    const reader = this.open(); // comes while the reader of the page answers the camera's question
    await this.camera.open();
    const run = ++this.running;
    this.last = { holder: "", at: 0 };
    void this.loop(run, await reader);
  }

  /** stop lets the camera go; tell calls idle. */
  stop(tell = false): void {
    this.running++;
    this.camera.close();
    if (tell) this.idle();
  }

  /** photo reads a picture from a file; "" when no code is in it. */
  async photo(file: File): Promise<string> {
    const reader = await this.open();
    for (const side of [1280, 2400]) {
      const text = await reader.read(await pictureOf(file, side), true);
      if (text) return text;
    }
    return "";
  }

  private open(): Promise<Reader> {
    if (!this.reader) {
      this.reader = openReader(this.workers.wasm, this.workers.plain);
      this.reader.catch(() => (this.reader = null));
    }
    return this.reader;
  }

  private async loop(run: number, reader: Reader): Promise<void> {
    let seen = Date.now();
    while (run === this.running) {
      await this.camera.frame();
      const began = performance.now();
      const image = run === this.running ? this.camera.picture(this.side, this.turn++ % 3 === 2) : null;
      const text = image ? await reader.read(image, false) : "";
      const took = performance.now() - began;
      if (run !== this.running) return;
      if (text) {
        seen = Date.now();
        this.see(text, seen);
      } else if (Date.now() - seen > idleMs) return this.stop(true);
      this.side = took > slowMs ? slowPx : took < slowMs / 3 ? sharpPx : this.side;
      await new Promise((rest) => setTimeout(rest, Math.max(restMs, took)));
    }
  }

  /** see calls found unless the same holder's code is still before the camera. */
  private see(text: string, now: number): void {
    const holder = holderOf(text);
    const still = holder === this.last.holder && now - this.last.at < goneMs;
    this.last = { holder, at: now };
    if (!still) this.found(text);
  }
}
