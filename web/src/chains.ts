// The drawing of chains: the server's tiles, moved by finger, mouse and keys. Without this script the page has a
// picture and links instead (outbreak/spread/pages/chains.html).

import { make } from "./dom";
import { themeChanged } from "./theme";

const tilePx = 256;
const levelMost = 8;
const tapPx = 6; // a pointer that moved less has tapped
const keyPx = 80;
const dotsFrom = 6; // below this level single cases are not drawn: a tap goes nearer

interface Point {
  x: number;
  y: number;
}

/** Scale is how many pixels a day and a row have at a level; chain.Level in Go says the same. */
interface Scale {
  day: number;
  row: number;
}

/** buttonsPx is how much of the right edge the buttons take. */
const buttonsPx = 64;

/** air is left around the drawing; above it, for the days. */
const air = 24;

/** dayLeast is how narrow a day gets, however far away one looks. */
const dayLeast = 6;

function scaleOf(level: number): Scale {
  const row = Math.pow(2, level) / 16;
  return { day: Math.max(dayLeast, row), row };
}

/** inkName is the theme as the server draws it. */
function inkName(): string {
  const theme = document.documentElement.dataset.theme || "auto";
  if (theme === "dark" || theme === "sun" || theme === "light") return theme;
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

class Drawing {
  private readonly box: HTMLElement;
  private readonly tiles = make("div", { class: "chain-tiles" });
  private readonly axis = make("div", { class: "chain-axis", "aria-hidden": "true" });
  private readonly said = make("p", { class: "chain-said", role: "status" });
  private readonly shown = new Map<string, HTMLImageElement>();
  private readonly pointers = new Map<number, Point>();
  private readonly days: number;
  private readonly rows: number;
  private level = 0;
  private left = 0;
  private top = 0;
  private moved = 0;
  private spread = 0; // of two fingers when they last changed the level
  private wheel = 0;

  constructor(private readonly data: DOMStringMap) {
    this.days = Number(data.days);
    this.rows = Number(data.rows);
    const button = (text: string, label: string, act: () => void) => {
      const b = make("button", { type: "button", class: "btn", "aria-label": label, title: label }, text);
      b.addEventListener("click", act);
      return b;
    };
    this.box = make(
      "div",
      { class: "chain-box", tabindex: "0", role: "application", "aria-label": data.label },
      this.tiles,
      this.axis,
      make(
        "div",
        { class: "chain-buttons" },
        button("+", data.in!, () => this.zoom(1)),
        button("−", data.out!, () => this.zoom(-1)),
        button("⤢", data.home!, () => this.home()),
      ),
      this.said,
    );
  }

  /** show takes the place of what the page had, and stands where the address says. */
  show(root: HTMLElement): void {
    root.textContent = "";
    root.appendChild(this.box);
    this.listen();
    const at = /^#at=(\d),(-?\d+),(-?\d+)$/.exec(location.hash);
    if (at) this.go(Number(at[1]), Number(at[2]), Number(at[3]));
    else this.home();
  }

  private listen(): void {
    this.box.addEventListener("pointerdown", (e) => this.down(e));
    this.box.addEventListener("pointermove", (e) => this.move(e));
    this.box.addEventListener("pointerup", (e) => this.up(e));
    this.box.addEventListener("pointercancel", (e) => this.pointers.delete(e.pointerId));
    this.box.addEventListener("wheel", (e) => this.turn(e), { passive: false });
    this.box.addEventListener("keydown", (e) => this.key(e));
    addEventListener("resize", () => this.go(this.level, this.left, this.top));
    addEventListener(themeChanged, () => this.redraw());
  }

  private size(): Point {
    return { x: this.box.clientWidth, y: this.box.clientHeight };
  }

  /**
   * home shows everything, or as much as can be read of it: of more days than fit the latest, of half as many rows
   * again as fit those at the top, where the longest chains are.
   */
  private home(): void {
    const size = this.size();
    let level = levelMost;
    const tooMuch = (s: Scale): boolean => this.rows * s.row > 1.5 * size.y || (this.days * s.day > size.x && s.day > dayLeast);
    while (level > 0 && tooMuch(scaleOf(level))) level--;
    const over = this.days * scaleOf(level).day - size.x;
    this.go(level, over > 0 ? over + buttonsPx : 0, -air); // the days stand over the first rows
  }

  private zoom(by: number, about?: Point): void {
    const level = Math.min(levelMost, Math.max(0, this.level + by));
    const was = scaleOf(this.level), is = scaleOf(level), size = this.size();
    const at = about || { x: size.x / 2, y: size.y / 2 };
    const left = ((this.left + at.x) * is.day) / was.day - at.x;
    const top = ((this.top + at.y) * is.row) / was.row - at.y;
    this.go(level, left, top);
  }

  /** go shows a level from a corner on; what is narrower than the box stands in its middle. */
  private go(level: number, left: number, top: number): void {
    const s = scaleOf(level), size = this.size();
    this.level = level;
    const spare = size.x - buttonsPx - this.days * s.day;
    this.left = Math.round(
      spare > 2 * air ? -spare / 2 : Math.max(-air, Math.min(left, Math.max(-air, this.days * s.day - size.x + air * 4))),
    );
    this.top = Math.round(Math.max(-air, Math.min(top, Math.max(-air, this.rows * s.row - size.y + air))));
    this.box.dataset.level = String(level);
    this.said.textContent = "";
    this.draw();
  }

  private redraw(): void {
    this.shown.forEach((img) => img.remove());
    this.shown.clear();
    this.draw();
  }

  private draw(): void {
    const size = this.size(), s = scaleOf(this.level), ink = inkName();
    const wanted = new Set<string>();
    const lastX = Math.min(this.left + size.x, this.days * s.day + tilePx), lastY = Math.min(this.top + size.y, this.rows * s.row);
    for (let y = Math.max(0, Math.floor(this.top / tilePx)); y * tilePx < lastY; y++) {
      for (let x = Math.max(0, Math.floor(this.left / tilePx)); x * tilePx < lastX; x++) {
        const key = `${this.level}/${x}/${y}`;
        wanted.add(key);
        let img = this.shown.get(key);
        if (!img) {
          const query = (this.data.query ? this.data.query + "&" : "") + `v=${this.data.version}&ink=${ink}`;
          img = make("img", { src: `/chains/tiles/${key}?${query}`, alt: "", draggable: "false" });
          this.shown.set(key, img);
          this.tiles.appendChild(img);
        }
        img.style.transform = `translate(${x * tilePx - this.left}px,${y * tilePx - this.top}px)`;
      }
    }
    this.shown.forEach((img, key) => {
      if (wanted.has(key)) return;
      img.remove();
      this.shown.delete(key);
    });
    this.drawAxis(s, size.x);
    history.replaceState(null, "", `#at=${this.level},${this.left},${this.top}`);
  }

  /** drawAxis writes the days along the top. */
  private drawAxis(s: Scale, width: number): void {
    this.axis.textContent = "";
    if (!this.data.first) return;
    const step = [1, 2, 7, 14, 28, 91, 182, 364].find((n) => n * s.day >= 72) || 728;
    const first = Date.parse(this.data.first + "T00:00:00Z") / 86400000;
    const from = Math.floor(Math.max(0, this.left) / s.day);
    for (let d = from - ((first + from + 3) % step); (d * s.day - this.left) < width && d < this.days + step; d++) {
      if (d < 0 || (first + d + 3) % step !== 0) continue;
      const day = new Date((first + d) * 86400000).toISOString();
      const mark = make("span", {}, make("b", {}, `${day.slice(8, 10)}/${day.slice(5, 7)}/${day.slice(2, 4)}`));
      mark.style.left = `${d * s.day - this.left}px`;
      this.axis.appendChild(mark);
    }
  }

  private at(e: MouseEvent): Point {
    const r = this.box.getBoundingClientRect();
    return { x: e.clientX - r.left - this.box.clientLeft, y: e.clientY - r.top - this.box.clientTop };
  }

  private down(e: PointerEvent): void {
    if ((e.target as Element).closest("button")) return;
    this.box.setPointerCapture(e.pointerId);
    this.pointers.set(e.pointerId, this.at(e));
    this.moved = this.pointers.size > 1 ? tapPx : 0;
    this.spread = this.apart();
  }

  private move(e: PointerEvent): void {
    const before = this.pointers.get(e.pointerId);
    if (!before) return;
    const now = this.at(e);
    this.pointers.set(e.pointerId, now);
    this.moved += Math.abs(now.x - before.x) + Math.abs(now.y - before.y);
    if (this.pointers.size === 1) {
      if (this.moved > tapPx) this.go(this.level, this.left - (now.x - before.x), this.top - (now.y - before.y));
      return;
    }
    this.pinch();
  }

  private apart(): number {
    const [a, b] = Array.from(this.pointers.values());
    return a && b ? Math.hypot(a.x - b.x, a.y - b.y) : 0;
  }

  /** pinch goes a level nearer or farther for every doubling of the fingers' distance, less a little. */
  private pinch(): void {
    const apart = this.apart(), [a, b] = Array.from(this.pointers.values());
    if (!a || !b || !this.spread) return;
    const by = apart > this.spread * 1.6 ? 1 : apart < this.spread / 1.6 ? -1 : 0;
    if (!by) return;
    this.spread = apart;
    this.zoom(by, { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 });
  }

  private up(e: PointerEvent): void {
    const at = this.pointers.get(e.pointerId);
    this.pointers.delete(e.pointerId);
    if (at && this.moved <= tapPx && this.pointers.size === 0) void this.tap(at);
  }

  /** tap opens the case that stands there; too far away for single cases it goes nearer. */
  private async tap(at: Point): Promise<void> {
    if (this.level < dotsFrom) {
      this.zoom(dotsFrom - this.level, at);
      return;
    }
    const query = (this.data.query ? this.data.query + "&" : "") + `level=${this.level}&left=${this.left}&top=${this.top}&at.x=${Math.round(at.x)}&at.y=${Math.round(at.y)}`;
    const answer = await fetch("/chains/at?" + query, { headers: { Accept: "application/json" } }).catch(() => null);
    if (!answer || !answer.ok) return;
    const found = (await answer.json()) as { href: string; name: string; anyone: boolean };
    if (found.href) location.assign(found.href);
    else if (found.anyone) this.said.textContent = found.name ? this.data.name!.replace("{name}", found.name) : this.data.hidden!;
  }

  /** turn zooms by the wheel while the drawing has the focus or Ctrl is held; else the page scrolls. */
  private turn(e: WheelEvent): void {
    if (!e.ctrlKey && document.activeElement !== this.box) return;
    e.preventDefault();
    this.wheel += e.deltaY;
    if (Math.abs(this.wheel) < 60) return;
    this.zoom(this.wheel < 0 ? 1 : -1, this.at(e));
    this.wheel = 0;
  }

  private key(e: KeyboardEvent): void {
    if (e.target !== this.box || e.ctrlKey || e.metaKey || e.altKey) return;
    const step: { [key: string]: [number, number] } = { ArrowLeft: [-keyPx, 0], ArrowRight: [keyPx, 0], ArrowUp: [0, -keyPx], ArrowDown: [0, keyPx] };
    const by = step[e.key];
    if (by) this.go(this.level, this.left + by[0], this.top + by[1]);
    else if (e.key === "+" || e.key === "=") this.zoom(1);
    else if (e.key === "-") this.zoom(-1);
    else if (e.key === "Home") this.home();
    else return;
    e.preventDefault();
  }
}

const root = document.getElementById("chain");
if (root) new Drawing(root.dataset).show(root);
