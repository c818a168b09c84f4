// The answer to a scan, large enough for rain and arm's length.

import { make, say } from "./dom";
import { signal } from "./tone";

const glyphs = { good: "✓", again: "↺", bad: "✕" };
const shownMs = { good: 1300, again: 1800, bad: 2500 };
let timer = 0;

/** flash covers the page for a moment with what became of a scan; a tap takes it away. */
export function flash(what: keyof typeof glyphs, title: string, line = ""): void {
  let box = document.getElementById("flash");
  if (!box) {
    box = make("div", { id: "flash", role: "alert", hidden: true }, make("p", { class: "flash-glyph", "aria-hidden": "true" }), make("p", { class: "flash-title" }), make("p", { class: "flash-line" }));
    box.addEventListener("click", () => (box!.hidden = true));
    document.body.appendChild(box);
  }
  box.className = "flash flash-" + what;
  const [glyph, head, rest] = Array.from(box.children);
  say(glyph!, glyphs[what]);
  say(head!, title);
  say(rest!, line);
  box.hidden = false;
  clearTimeout(timer);
  timer = window.setTimeout(() => (box!.hidden = true), shownMs[what]);
  signal(what);
}
