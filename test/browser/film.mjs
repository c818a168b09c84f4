// Films for Chromium's fake camera: a picture of a code on paper, held aslant, a little out of focus, in uneven light, in YUV4MPEG2.
import { execFileSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, writeFileSync, writeSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "./lib.mjs";

const require = createRequire(join(root, "web/package.json"));

/** flags make Chromium's camera show a film. */
export const cameraFlags = (path) => ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream", "--use-file-for-fake-video-capture=" + path];

/** sheet is white paper with a code on it, as grey bytes {w, h, grey}. */
export async function sheet(text, ecc = "medium", modulePx = 8) {
  const { default: encodeQR } = await import(require.resolve("qr"));
  const rows = encodeQR(text, "raw", { ecc, border: 6 });
  const w = rows.length * modulePx, grey = new Uint8Array(w * w);
  for (let y = 0; y < w; y++) for (let x = 0; x < w; x++) grey[y * w + x] = rows[(y / modulePx) | 0][(x / modulePx) | 0] ? 25 : 235;
  return { w, h: w, grey };
}

/** printed turns the first page of a PDF into a sheet, as pdftoppm draws it; null without pdftoppm. */
export function printed(pdf, dpi = 100) {
  const folder = mkdtempSync(join(tmpdir(), "khien-film-"));
  writeFileSync(join(folder, "p.pdf"), pdf);
  try {
    execFileSync("pdftoppm", ["-gray", "-r", String(dpi), "-f", "1", "-l", "1", join(folder, "p.pdf"), join(folder, "p")], { stdio: "ignore" });
  } catch {
    return null;
  }
  const file = readFileSync(join(folder, readdirSync(folder).find((name) => name.endsWith(".pgm"))));
  const [, w, h] = file.subarray(0, 40).toString("latin1").match(/^P5\s+(\d+)\s+(\d+)\s+255\s/).map(Number);
  return { w, h, grey: file.subarray(file.length - w * h) };
}

/** photo is the first page of a PDF as a PNG, for a page's file field. */
export function photo(pdf, dpi = 100) {
  const folder = mkdtempSync(join(tmpdir(), "khien-film-"));
  writeFileSync(join(folder, "p.pdf"), pdf);
  execFileSync("pdftoppm", ["-png", "-r", String(dpi), "-singlefile", join(folder, "p.pdf"), join(folder, "p")], { stdio: "ignore" });
  return join(folder, "p.png");
}

/** read gives the text of the code on a sheet, by the reader that the page falls back on. */
export async function read({ w, h, grey }) {
  const { default: decodeQR } = await import(require.resolve("qr/decode.js"));
  const data = new Uint8Array(w * h * 4);
  grey.forEach((v, i) => data.fill(v, 4 * i, 4 * i + 4));
  return decodeQR({ width: w, height: h, data }, { timeLimit: 5000, effort: 3 });
}

let seed = 20211123;
const random = () => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) / 2 ** 32;

/** film writes scenes one after the other, for ever again: each is {sheet, seconds, fill} of a frame; sheet null is an empty table. */
export function film(path, scenes, { w = 960, h = 720, fps = 5 } = {}) {
  const file = openSync(path, "w");
  writeSync(file, `YUV4MPEG2 W${w} H${h} F${fps}:1 Ip A1:1 C420jpeg\n`);
  const colour = Buffer.alloc((w * h) / 2, 128);
  for (const scene of scenes) {
    for (let i = 0; i < scene.seconds * fps; i++) {
      writeSync(file, "FRAME\n");
      writeSync(file, frame(scene, w, h));
      writeSync(file, colour);
    }
  }
  closeSync(file);
  return path;
}

/** frame draws a sheet seen from aside. */
function frame({ sheet, fill = 0.8 }, w, h) {
  const out = new Uint8Array(w * h);
  const back = sheet ? corners(sheet, w, h, fill) : null;
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      let light = 110;
      if (back) {
        const d = back[6] * x + back[7] * y + back[8];
        light = sample(sheet, (back[0] * x + back[1] * y + back[2]) / d, (back[3] * x + back[4] * y + back[5]) / d);
      }
      out[y * w + x] = Math.max(0, Math.min(255, light * (0.8 + (0.25 * x) / w) + (random() - 0.5) * 14));
    }
  }
  return out;
}

/** sample blends four neighbours, as a lens does; beside the sheet is a table. */
function sample({ w, h, grey }, u, v) {
  const x = u * w - 0.5, y = v * h - 0.5, x0 = Math.floor(x), y0 = Math.floor(y);
  if (x0 < 0 || y0 < 0 || x0 >= w - 1 || y0 >= h - 1) return 110;
  const a = x - x0, b = y - y0, at = y0 * w + x0;
  return (grey[at] * (1 - a) + grey[at + 1] * a) * (1 - b) + (grey[at + w] * (1 - a) + grey[at + w + 1] * a) * b;
}

/** corners chooses where the sheet's corners come to lie, and gives the way back from there to the unit square. */
function corners(sheet, w, h, fill) {
  const size = Math.min((w * fill) / sheet.w, (h * fill) / sheet.h);
  const turn = (random() - 0.5) * 0.25, cx = w / 2 + (random() - 0.5) * 12, cy = h / 2 + (random() - 0.5) * 12;
  const p = [[-1, -1], [1, -1], [1, 1], [-1, 1]].map(([sx, sy]) => {
    const x = (sx * sheet.w * size) / 2, y = (sy * sheet.h * size) / 2, near = 1 + (random() - 0.5) * 0.1;
    return [cx + near * (x * Math.cos(turn) - y * Math.sin(turn)), cy + near * (x * Math.sin(turn) + y * Math.cos(turn))];
  });
  const [dx1, dx2, dx3] = [p[1][0] - p[2][0], p[3][0] - p[2][0], p[0][0] - p[1][0] + p[2][0] - p[3][0]];
  const [dy1, dy2, dy3] = [p[1][1] - p[2][1], p[3][1] - p[2][1], p[0][1] - p[1][1] + p[2][1] - p[3][1]];
  const den = dx1 * dy2 - dx2 * dy1, g = (dx3 * dy2 - dx2 * dy3) / den, k = (dx1 * dy3 - dx3 * dy1) / den;
  const [a, b, c] = [p[1][0] - p[0][0] + g * p[1][0], p[3][0] - p[0][0] + k * p[3][0], p[0][0]];
  const [d, e, f] = [p[1][1] - p[0][1] + g * p[1][1], p[3][1] - p[0][1] + k * p[3][1], p[0][1]];
  return [e - f * k, c * k - b, b * f - c * e, f * g - d, a - c * g, c * d - a * f, d * k - e * g, b * g - a * k, a * e - b * d];
}
