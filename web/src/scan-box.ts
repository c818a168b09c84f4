// The part of a page that scans: camera, lamp, photograph, and a field for hand scanners and for typing.

import { say } from "./dom";
import type { Texts } from "./format";
import { find } from "./page";
import { Scanner } from "./scan";
import type { Trouble } from "./scan-camera";
import { wake } from "./tone";

/** scanBox brings the skeleton "scan-box" of the page to life; found hears every code, unread a photograph without one. */
export function scanBox(t: Texts, found: (text: string) => void, unread: () => void): Scanner {
  const box = find("scan-box"), video = find<HTMLVideoElement>("scan-video"), start = find<HTMLButtonElement>("scan-start"), lamp = find<HTMLButtonElement>("scan-lamp");
  const said = find("scan-said"), file = find<HTMLInputElement>("scan-file"), form = find<HTMLFormElement>("scan-form"), text = find<HTMLInputElement>("scan-text");
  const scanner = new Scanner(video, { wasm: box.dataset.wasm!, plain: box.dataset.plain! }, found);
  let lit = false;

  const show = (note: string) => {
    box.classList.toggle("is-on", scanner.isOn);
    say(start, t.get(scanner.isOn ? "camera_off" : "camera_on"));
    lamp.hidden = !scanner.isOn || !scanner.hasLamp;
    say(said, note);
  };
  scanner.idle = () => show(t.get("camera_idle"));
  start.addEventListener("click", async () => {
    wake();
    if (scanner.isOn) {
      scanner.stop();
      return show("");
    }
    show(t.get("camera_starting"));
    try {
      await scanner.start();
      show(t.get("camera_aim"));
    } catch (trouble) {
      show(t.get("camera_" + (typeof trouble === "string" ? (trouble as Trouble) : "busy")));
    }
  });
  lamp.addEventListener("click", () => {
    lit = !lit;
    lamp.setAttribute("aria-pressed", String(lit));
    void scanner.light(lit).catch(() => (lamp.hidden = true));
  });
  const photographed = async () => {
    wake();
    const picture = file.files && file.files[0];
    file.value = "";
    if (!picture) return;
    show(t.get("photo_reading"));
    const read = await scanner.photo(picture).catch(() => "");
    show("");
    if (read) found(read);
    else unread();
  };
  file.addEventListener("change", () => void photographed());
  if (file.files && file.files.length) void photographed(); // chosen before the page had woken
  form.addEventListener("submit", (event) => { // a hand scanner types the code and Enter
    event.preventDefault();
    wake();
    const typed = text.value.trim();
    text.value = "";
    text.focus();
    if (typed) found(typed);
  });
  show("");
  return scanner;
}
