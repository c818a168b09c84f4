// What stands upon the map beside the shapes: zoom buttons, the selected area, the name under the pointer, the country.

import { make, say } from "./dom";
import { Texts } from "./format";
import { Area, Count } from "./series";

/** columns in the order shown on the card. */
const columns = ["new_1", "new_7", "new_14", "total"];

export class Frame {
  readonly box: HTMLElement;
  private readonly card: HTMLElement;
  private readonly tip: HTMLElement;
  private readonly numbers: { [column: string]: HTMLElement } = {};

  constructor(map: HTMLElement, private readonly texts: Texts, private readonly areaURL: string, private readonly closed: () => void) {
    const parent = map.parentElement!;
    this.box = parent.classList.contains("map-frame") ? parent : make("div", { class: "map-frame" });
    if (this.box !== parent) {
      parent.insertBefore(this.box, map);
      this.box.appendChild(map);
    }
    this.card = make("section", { class: "area-card", hidden: true, "aria-label": texts.get("selected") });
    this.tip = make("div", { class: "map-tip", hidden: true, "aria-hidden": "true" });
    this.box.appendChild(this.card);
    this.box.appendChild(this.tip);
    this.box.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !this.card.hidden) this.closed();
    });
  }

  /** buttons adds zoom in, zoom out and back to the province. */
  buttons(zoom: (by: number) => void, home: () => void): void {
    const box = make("div", { class: "map-buttons" });
    const add = (face: string, text: string, act: () => void) => {
      const button = make("button", { type: "button", class: "btn", "aria-label": this.texts.get(text), title: this.texts.get(text) }, face);
      button.addEventListener("click", act);
      box.appendChild(button);
    };
    add("+", "zoom_in", () => zoom(1));
    add("−", "zoom_out", () => zoom(-1));
    add("⌂", "province", home);
    this.box.appendChild(box);
  }

  /** country makes the inset (or a plain button in its place) go to the whole country and back. */
  country(act: (whole: boolean) => Promise<void>): void {
    const old = this.box.querySelector(".inset");
    const drawn = this.box.querySelector(".inset svg");
    const label = make("span", {}, this.texts.get("country"));
    const button = make("button", { type: "button", class: "inset", "aria-pressed": "false" });
    if (drawn) button.appendChild(drawn);
    button.appendChild(label);
    button.addEventListener("click", () => {
      const whole = button.getAttribute("aria-pressed") === "false";
      button.setAttribute("aria-busy", "true");
      act(whole).then(
        () => {
          button.setAttribute("aria-pressed", String(whole));
          this.box.classList.toggle("is-country", whole);
          say(label, this.texts.get(whole ? "province" : "country"));
        },
        () => undefined,
      ).then(() => button.removeAttribute("aria-busy"));
    });
    if (old && old.parentNode) old.parentNode.replaceChild(button, old);
    else this.box.appendChild(button);
  }

  /** note says that the outlines are approximate, unless the server has said so already. */
  note(approximate: boolean): void {
    if (!approximate || this.box.querySelector(".map-note-approximate")) return;
    this.box.appendChild(make("p", { class: "map-note map-note-approximate" }, this.texts.get("approximate")));
  }

  /** open shows the card of an area; null closes it. plain leaves the name of the unit above out: the page has it. */
  open(area: Area | null, plain = false): void {
    this.card.hidden = !area;
    this.card.textContent = "";
    if (!area) return;
    const close = make("button", { type: "button", class: "btn btn-quiet close", "aria-label": this.texts.get("close") }, "×");
    close.addEventListener("click", this.closed);
    const list = make("dl");
    for (const column of columns) {
      list.appendChild(make("dt", {}, this.texts.get(column)));
      list.appendChild((this.numbers[column] = make("dd")));
    }
    const parts: Node[] = [make("h3", {}, area.name), close, list];
    if (area.parent && !plain) parts.splice(1, 0, make("p", { class: "muted" }, area.parent));
    parts.push(make("a", { class: "go", href: this.areaURL + area.code }, this.texts.get("open_area", { name: area.name })));
    for (const part of parts) this.card.appendChild(part);
  }

  /** fill puts the numbers of the open area in. */
  fill(count: (column: string) => Count): void {
    if (this.card.hidden) return;
    for (const column of columns) say(this.numbers[column]!, count(column).text);
  }

  /** point shows text beside the pointer; null takes it away. */
  point(text: string | null, at: { x: number; y: number } | null): void {
    this.tip.hidden = !text || !at;
    if (!text || !at) return;
    say(this.tip, text);
    const left = Math.min(at.x + 14, this.box.clientWidth - this.tip.offsetWidth - 4);
    this.tip.style.transform = `translate(${Math.max(4, left)}px, ${Math.max(4, at.y - 34)}px)`;
  }
}
