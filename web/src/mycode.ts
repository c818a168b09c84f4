// This phone's own code, which changes every half a minute (docs/qr.md). The secret comes once and stays where no script can read it.

import encodeQR from "qr";
import { Refused, secret } from "./api";
import { say } from "./dom";
import { find, texts, theme, workable } from "./page";
import { Vault } from "./vault";

const stepMs = 30000;
const domain = new TextEncoder().encode("khien/qr person phone v1\n");
const root = find("my-code"), t = texts(root);

/** Mine is what the phone remembers beside the secret. */
interface Mine { handle: string; offMs: number }

/** tokenAt makes the token of one step: 33 bytes as 44 letters. */
async function tokenAt(key: CryptoKey, handle: Uint8Array, step: number): Promise<string> {
  const head = new Uint8Array(21);
  head[0] = 0x13;
  head.set(handle, 1);
  new DataView(head.buffer).setUint32(17, step);
  const signed = new Uint8Array(domain.length + head.length);
  signed.set(domain);
  signed.set(head, domain.length);
  const mac = new Uint8Array(await crypto.subtle.sign("HMAC", key, signed)).slice(0, 12);
  return btoa(String.fromCharCode(...Array.from(head), ...Array.from(mac))).replace(/\+/g, "-").replace(/\//g, "_");
}

/** bytesOf reads base64url. */
function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
}

async function begin(): Promise<void> {
  theme();
  void workable("/me/code", null);
  let vault: Vault;
  try {
    vault = await Vault.open();
  } catch {
    return show("broken");
  }
  let mine = await vault.recall<Mine | null>("code", null);
  let key = await vault.getKey("code");
  try {
    const said = await secret();
    key = await crypto.subtle.importKey("raw", bytesOf(said.secret), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
    mine = { handle: said.handle, offMs: Date.parse(said.now) - Date.now() };
    await vault.putKey("code", key);
    await vault.remember("code", mine);
  } catch (err) {
    if (err instanceof Refused && (err.status === 401 || err.status === 403 || err.status === 404)) return show("who");
  }
  if (!mine || !key) return show("who");
  show("shown");
  void awake();
  await turn(key, mine);
}

function show(part: "shown" | "who" | "broken"): void {
  for (const name of ["shown", "who", "broken"]) find("my-" + name).hidden = name !== part;
}

/** turn draws the code of this step and comes back for the next. */
async function turn(key: CryptoKey, mine: Mine): Promise<void> {
  const now = Date.now() + mine.offMs, step = Math.floor(now / stepMs);
  const text = (root.dataset.site || location.origin) + "/p#" + (await tokenAt(key, bytesOf(mine.handle), step));
  draw(text);
  const tick = () => {
    const left = Math.ceil(((step + 1) * stepMs - (Date.now() + mine.offMs)) / 1000);
    if (left <= 0) return void turn(key, mine);
    say(find("my-left"), t.get("code_left", { n: String(left) }));
    setTimeout(tick, 1000 - ((Date.now() + mine.offMs) % 1000));
  };
  tick();
}

/** draw paints black on white whatever the theme: a reader wants contrast. */
function draw(text: string): void {
  const rows = encodeQR(text, "raw", { ecc: "quartile", border: 4 });
  const canvas = find<HTMLCanvasElement>("my-canvas"), module = Math.max(4, Math.floor(720 / rows.length));
  canvas.width = canvas.height = module * rows.length;
  const pen = canvas.getContext("2d")!;
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.fillStyle = "#000";
  rows.forEach((row, y) => row.forEach((dark, x) => dark && pen.fillRect(x * module, y * module, module, module)));
}

/** awake keeps the screen lit while the code is shown, where the browser lets a page. */
async function awake(): Promise<void> {
  if (!("wakeLock" in navigator)) return;
  const ask = () => !document.hidden && void navigator.wakeLock.request("screen").catch(() => undefined);
  ask();
  document.addEventListener("visibilitychange", ask);
}

void begin();
