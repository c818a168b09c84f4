// map.ts makes the public map live. The page comes whole from the server, as SVG, table and form; this takes over from
// there: Leaflet in place of the SVG, the day slider without reloads, numbers as they are announced.
// The contract with the page is in web/README.md.

import "./map.css";
import { Announcer } from "./announce";
import { Controls } from "./controls";
import { Figures } from "./figures";
import { dayOf, isoDay, shownTime, Texts } from "./format";
import { Frame } from "./frame";
import { Live, LiveState } from "./live";
import { addSearch } from "./search";
import { Count, DeltaWire, Series, SeriesWire, windows } from "./series";
import { fromGeoJSON, fromSVG, Shape } from "./shapes";
import { Table } from "./table";
import { themeChanged } from "./theme";
import { View } from "./view";

class PublicMap {
  private readonly data: DOMStringMap;
  private readonly texts: Texts;
  private readonly series: Series;
  private readonly frame: Frame;
  private readonly table: Table;
  private readonly figures: Figures;
  private readonly announcer: Announcer;
  private readonly status: HTMLElement | null;
  private controls!: Controls;
  private view: View | null = null;
  private selected: string | null = null;
  private loading: Promise<void> | null = null;
  private all = false; // every day was asked for, not the recent ones alone

  constructor(private readonly box: HTMLElement) {
    this.data = box.dataset;
    this.texts = new Texts(JSON.parse(this.data.text || "{}") as { [key: string]: string });
    this.series = new Series((this.data.scale || "1,5,10,20,50").split(",").map(Number));
    this.frame = new Frame(box, this.texts, this.data.areaUrl || "/area/", () => this.select(null));
    this.table = new Table(document.querySelector<HTMLTableElement>("#map-table"), this.texts, (code) => this.select(code));
    this.figures = new Figures(document.getElementById("map-figures"), this.texts);
    this.announcer = new Announcer(this.texts);
    this.status = document.querySelector(".map-status");
  }

  async start(): Promise<void> {
    await this.loadAtLast();
    const form = document.querySelector<HTMLFormElement>("form.map-controls") || document.createElement("form");
    this.controls = new Controls(
      form,
      this.texts,
      this.series.first,
      this.series.last,
      { day: this.chosenDay(), window: this.data.window || "7" },
      () => this.show(true),
    );
    addSearch(
      document.querySelector<HTMLElement>(".map-side") || form,
      this.texts,
      () => this.series.areas.values(),
      () => (this.series.whole ? this.series.whole.name : ""),
      (code) => this.select(code, true),
    );
    await this.draw().catch((err) => console.warn("map: the drawing of the page stays:", err));
    this.show(false);
    addEventListener("beforeprint", () => this.paintSVG(this.counts()));
    addEventListener(themeChanged, () => this.view && this.view.recolour());
    this.live();
  }

  /** chosenDay is the page's day where the address names one, else the last: the numbers may have moved on since the page. */
  private chosenDay(): number {
    const named = /[?&]day(_offset)?=/.test(location.search);
    return named && this.data.day && !this.series.empty() ? dayOf(this.data.day) : this.series.last;
  }

  /** load fetches the series; the browser asks with the ETag it has, so that an unchanged one costs a line. Until
   *  somebody looks at an older day, the recent ones are enough: a year of an epidemic is no reader's first load. */
  private load(): Promise<void> {
    if (!this.loading) {
      const url = this.data.series! + (this.all ? "" : (this.data.series!.indexOf("?") < 0 ? "?" : "&") + "part=recent");
      this.loading = fetch(url, { cache: "no-cache" })
        .then((answer) => {
          if (!answer.ok) throw new Error("series: " + answer.status);
          return answer.json() as Promise<SeriesWire>;
        })
        .then((wire) => {
          const older = wire.from === undefined || dayOf(wire.from) < this.series.from;
          if (wire.version !== this.series.version || older) this.series.load(wire);
        });
      const done = () => (this.loading = null);
      this.loading.then(done, done);
    }
    return this.loading;
  }

  /** loadAll fetches every day, once; it rejects when out of reach, and the next look at an old day tries again. */
  private async loadAll(): Promise<void> {
    if (this.loading) await this.loading;
    this.all = true;
    await this.load().catch((err) => {
      this.all = false;
      throw err;
    });
  }

  /** loadAtLast tries until the series is there: until then the page is as the server made it. */
  private async loadAtLast(): Promise<void> {
    for (let waitMs = 4000; ; waitMs = Math.min(2 * waitMs, 120000)) {
      try {
        return await this.load();
      } catch {
        await new Promise((again) => setTimeout(again, waitMs * (0.75 + Math.random() / 2)));
      }
    }
  }

  /** draw lets Leaflet take the place of the SVG. */
  private async draw(): Promise<void> {
    const svg = this.box.querySelector<SVGSVGElement>(".map-svg");
    const drawn = svg && fromSVG(svg);
    const shapes = drawn || (await shapesOf(this.data.shapes));
    if (!shapes || !shapes.length) return;
    this.box.setAttribute("role", "application");
    this.box.setAttribute("aria-label", this.texts.get("map_label"));
    this.view = new View(this.box, shapes, {
      selected: (code) => this.select(code),
      pointed: (code, at) => this.point(code, at),
      finer: () => drawn && shapesOf(this.data.shapes).then((fine) => this.view!.refine(fine), () => undefined),
    });
    this.box.classList.add("map-live");
    this.frame.buttons((by) => this.view!.zoom(by), () => this.view!.goHome());
    this.frame.note(shapes.some((shape) => shape.approximate));
    if (this.data.country) this.frame.country((whole) => this.country(whole));
  }

  private async country(whole: boolean): Promise<void> {
    if (whole && !this.view!.hasCountry()) this.view!.addCountry(await shapesOf(this.data.country));
    if (whole) this.view!.goCountry();
    else this.view!.goHome();
  }

  /** show brings map, table, card and address to the day and window chosen. */
  private show(chosen: boolean): void {
    if (!this.series.knows(this.controls.day) && !this.all) {
      this.box.setAttribute("aria-busy", "true");
      const done = () => this.box.removeAttribute("aria-busy");
      this.loadAll().then(() => this.show(chosen), () => undefined).then(done, done);
      return;
    }
    const counts = this.counts();
    if (this.view) this.view.show(counts);
    else this.paintSVG(counts);
    this.table.mark(this.column());
    this.table.show(this.series, this.controls.day);
    this.figures.show(this.series, this.controls.day, this.column());
    this.fill();
    if (chosen) this.remember();
  }

  private counts(): Map<string, { name: string; count: Count }> {
    const window = Number(this.controls.window) || Infinity;
    const counts = new Map<string, { name: string; count: Count }>();
    this.series.areas.forEach((area, code) => {
      counts.set(code, { name: area.name, count: this.series.count(area, this.controls.day, window) });
    });
    return counts;
  }

  /** paintSVG keeps the page's own drawing in step: it is what is printed, and what is left where Leaflet has no outlines. */
  private paintSVG(counts: Map<string, { name: string; count: Count }>): void {
    for (const path of Array.from(this.box.querySelectorAll(".map-svg path[data-code]"))) {
      const now = counts.get(path.getAttribute("data-code")!);
      if (!now) continue;
      path.setAttribute("class", "area-shape " + now.count.level);
      const title = path.querySelector("title");
      if (title) title.textContent = now.name + ": " + now.count.text;
    }
  }

  private column(): string {
    return this.controls.window === "total" ? "total" : "new_" + this.controls.window;
  }

  private fill(): void {
    const area = this.selected && this.series.areas.get(this.selected);
    if (area) this.frame.fill((column) => this.series.count(area, this.controls.day, windows[column]!));
  }

  /** remember puts day and window into the address, to be shared, and into links that ask to keep them. */
  private remember(): void {
    const set = (url: URL) => {
      url.searchParams.delete("day_offset");
      if (this.controls.following()) url.searchParams.delete("day");
      else url.searchParams.set("day", isoDay(this.controls.day));
      url.searchParams.set("window", this.controls.window);
      return url.toString();
    };
    history.replaceState(null, "", set(new URL(location.href)));
    for (const link of Array.from(document.querySelectorAll<HTMLAnchorElement>("a[data-keep]"))) link.href = set(new URL(link.href));
  }

  private select(code: string | null, show = false): void {
    if (code === this.selected && !show) return;
    const area = code ? this.series.areas.get(code) : undefined;
    this.selected = area ? code : null;
    this.frame.open(area || null, !!area && !!this.series.whole && area.parent === this.series.whole.name);
    this.fill();
    this.table.select(this.selected);
    if (this.view) this.view.select(this.selected, show);
  }

  private point(code: string | null, at: { x: number; y: number } | null): void {
    const area = code ? this.series.areas.get(code) : undefined;
    const window = Number(this.controls.window) || Infinity;
    this.frame.point(area ? area.name + ": " + this.series.count(area, this.controls.day, window).text : null, at);
  }

  private live(): void {
    this.tell("off");
    if (!this.data.stream) return;
    new Live(this.data.stream, {
      version: () => this.series.version,
      delta: (delta) => this.apply(delta),
      refresh: () => this.refresh(),
      state: (state) => this.tell(state),
    }).start();
  }

  private apply(delta: DeltaWire): void {
    if (delta.v <= this.series.version) return;
    if (!this.series.follows(delta)) {
      setTimeout(() => this.refresh().catch(() => undefined), Math.random() * 3000);
      return;
    }
    const changes = this.series.apply(delta);
    const codes = changes.map((change) => change.area.code);
    this.moved();
    if (this.view) this.view.flash(codes);
    this.table.flash(codes);
    this.announcer.add(changes);
  }

  private async refresh(): Promise<void> {
    const before = this.series.version;
    await this.load();
    if (this.series.version !== before) this.moved();
  }

  /** moved shows new numbers; the slider goes along if it stood at the last day. */
  private moved(): void {
    this.controls.range(this.series.first, this.series.last);
    this.show(false);
    this.tell(null);
    const nothing = document.querySelector<HTMLElement>(".site-main > .empty");
    if (nothing) nothing.hidden = !this.series.empty();
  }

  private state: LiveState = "off";

  /** tell says when the numbers are from and whether they arrive by themselves; null keeps the state. */
  private tell(state: LiveState | null): void {
    if (state) this.state = state;
    if (!this.status) return;
    this.status.dataset.state = this.state;
    const asOf = Date.parse(this.series.asOf) > 0 ? this.texts.get("as_of", { time: shownTime(this.series.asOf) }) + " · " : "";
    this.status.textContent = asOf + this.texts.get(this.state);
  }
}

async function shapesOf(url: string | undefined): Promise<Shape[]> {
  if (!url) return [];
  const answer = await fetch(url);
  if (!answer.ok) throw new Error("shapes: " + answer.status);
  return fromGeoJSON(await answer.json());
}

const box = document.getElementById("map");
if (box && box.dataset.series) new PublicMap(box).start().catch((err) => console.error("map:", err));
