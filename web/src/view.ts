// The map itself: Leaflet on a canvas, our own layers only, no tiles and no other host.

import type * as L from "leaflet";
import { shortName } from "./format";
import { Labels, Label } from "./labels";
import { Canvas, LatLngBounds, LeafletMap, Polygon } from "./leaflet";
import { Paint } from "./paint";
import { Shape } from "./shapes";
import { Count } from "./series";

/** Hearer is told what the reader does on the map. */
export interface Hearer {
  selected(code: string | null): void;
  pointed(code: string | null, at: { x: number; y: number } | null): void;
  /** finer is called once, when the reader has zoomed in so far that finer outlines are worth loading. */
  finer(): void;
}

interface Piece {
  shape: Shape;
  polygon: L.Polygon;
  count: Count;
  name: string;
  counted: boolean; // an archipelago has a name on every map, and no count
}

const flashSteps = 5;
const flashStepMs = 450;

export class View {
  readonly map: L.Map;
  private readonly pieces = new Map<string, Piece>();
  private readonly paint = new Paint();
  private readonly labels: Labels;
  private selected: string | null = null;
  private home: L.LatLngBounds;
  private country: { layers: L.Polygon[]; labels: Label[]; bounds: L.LatLngBounds } | null = null;
  private asked = false;
  private moved = false;
  private limits!: L.LatLngBounds;

  constructor(box: HTMLElement, shapes: Shape[], private readonly hearer: Hearer) {
    this.home = boundsOf(shapes);
    this.map = new LeafletMap(box, {
      renderer: new Canvas({ padding: 0.3 }),
      zoomSnap: 0.25,
      zoomDelta: 1,
      attributionControl: false,
      zoomControl: false,
      scrollWheelZoom: false,
      maxBoundsViscosity: 0.8,
      zoomAnimation: !still(),
      fadeAnimation: false,
      inertia: !still(),
    } as L.MapOptions);
    this.map.fitBounds(this.home, { padding: [12, 12], animate: false });
    this.limit(this.home.pad(0.35), 14);

    for (const shape of shapes) this.add(shape);
    this.labels = new Labels(this.paint);
    this.labels.addTo(this.map);
    this.listen(box);
  }

  private listen(box: HTMLElement): void {
    this.map.on("click", () => this.hearer.selected(null));
    this.map.on("dragstart zoomstart", () => (this.moved = true));
    this.map.on("zoomend", () => {
      if (this.asked || this.map.getZoom() < this.map.getBoundsZoom(this.home) + 0.9) return;
      this.asked = true;
      this.hearer.finer();
    });
    this.map.on("resize", () => {
      this.limit(this.limits, 14);
      if (!this.moved) this.goHome(false);
    });
    box.addEventListener("mousedown", () => box.classList.add("by-pointer"));
    box.addEventListener("keydown", () => box.classList.remove("by-pointer"));
    // The wheel scrolls the page until the reader has turned to the map.
    box.addEventListener("click", () => this.map.scrollWheelZoom.enable());
    box.addEventListener("mouseleave", () => this.map.scrollWheelZoom.disable());
  }

  /** limit bounds where the reader can go; how far out that is depends on the size of the map. */
  private limit(bounds: L.LatLngBounds, maxZoom: number): void {
    this.limits = bounds;
    this.map.setMinZoom(0); // else it would bound what getBoundsZoom answers
    this.map.setMaxBounds(bounds);
    this.map.setMinZoom(Math.min(this.map.getBoundsZoom(bounds), this.map.getBoundsZoom(this.home) - 0.5));
    this.map.setMaxZoom(maxZoom);
  }

  private add(shape: Shape): void {
    const polygon = new Polygon(shape.rings, {
      color: this.paint.line,
      weight: 1,
      fillColor: this.paint.fills.l0 as string,
      fillOpacity: 1,
      smoothFactor: 0.7,
      bubblingMouseEvents: false,
    });
    polygon.on("click", () => this.hearer.selected(shape.code));
    polygon.on("mousemove mouseover", (event) => this.hearer.pointed(shape.code, (event as L.LeafletMouseEvent).containerPoint));
    polygon.on("mouseout", () => this.hearer.pointed(null, null));
    polygon.addTo(this.map);
    this.pieces.set(shape.code, { shape, polygon, count: { text: "", level: "l0", n: 0, hidden: false }, name: shape.name, counted: false });
  }

  /** refine replaces the outlines by finer ones of the same areas. */
  refine(shapes: Shape[]): void {
    for (const shape of shapes) {
      const piece = this.pieces.get(shape.code);
      if (!piece) continue;
      piece.shape = shape;
      piece.polygon.setLatLngs(shape.rings);
    }
    this.relabel();
  }

  /** show paints every area with its count; only what changed is drawn again. */
  show(counts: Map<string, { name: string; count: Count }>): void {
    this.pieces.forEach((piece, code) => {
      const now = counts.get(code);
      if (!now) return;
      piece.name = now.name;
      piece.counted = true;
      if (piece.count.level !== now.count.level) {
        piece.polygon.setStyle({ fillColor: this.paint.fills[now.count.level] as string });
      }
      piece.count = now.count;
    });
    this.relabel();
  }

  private relabel(): void {
    const labels: Label[] = [];
    this.pieces.forEach(({ shape, polygon, count, name, counted }, code) => {
      labels.push({
        at: shape.label,
        name: shortName(name),
        count: count.level === "l0" ? "" : count.text,
        rank: count.n + (code === this.selected ? 1e9 : counted ? 0 : 1e8),
        bounds: polygon.getBounds(),
        always: !counted,
      });
    });
    this.labels.set(labels.concat(this.country ? this.country.labels : []));
  }

  select(code: string | null, show: boolean): void {
    const before = this.selected && this.pieces.get(this.selected);
    if (before) before.polygon.setStyle({ color: this.paint.line, weight: 1 });
    this.selected = code;
    const piece = code ? this.pieces.get(code) : undefined;
    if (piece) {
      piece.polygon.setStyle({ color: this.paint.select, weight: 3 }).bringToFront();
      if (show) {
        this.moved = true;
        const zoom = Math.min(this.map.getBoundsZoom(piece.polygon.getBounds()) - 1.5, this.map.getMaxZoom());
        this.map.setView(piece.shape.label, Math.max(this.map.getZoom(), zoom), { animate: !still() });
      }
    }
    this.relabel();
  }

  /** flash draws a border around changed areas, thick at first and thinner by and by; a steady one where motion is unwelcome. */
  flash(codes: string[]): void {
    const pieces = codes.slice(0, 40).map((code) => this.pieces.get(code)).filter((p): p is Piece => !!p);
    const step = (left: number) => {
      for (const { polygon, shape } of pieces) {
        const chosen = shape.code === this.selected;
        const weight = still() ? (left ? 4 : 1) : 1 + left * 0.7;
        polygon.setStyle(left ? { color: this.paint.focus, weight } : { color: chosen ? this.paint.select : this.paint.line, weight: chosen ? 3 : 1 });
        if (left) polygon.bringToFront();
      }
      if (left) setTimeout(() => step(left - 1), flashStepMs);
    };
    step(flashSteps);
  }

  /** recolour takes the colours of a new theme. */
  recolour(): void {
    this.paint.read();
    this.pieces.forEach(({ polygon, count }) => {
      polygon.setStyle({ color: this.paint.line, weight: 1, fillColor: this.paint.fills[count.level] as string });
    });
    if (this.country) for (const layer of this.country.layers) layer.setStyle({ color: this.paint.line, fillColor: this.paint.land });
    this.select(this.selected, false);
  }

  /** goHome shows the whole province. */
  goHome(animate = !still()): void {
    this.map.once("moveend", () => (this.moved = false)); // also when it zooms there step by step
    this.map.fitBounds(this.home, { padding: [12, 12], animate });
    this.moved = false;
  }

  /** addCountry lays the country, with its archipelagos, under the areas. */
  addCountry(shapes: Shape[]): void {
    const layers = shapes.map((shape) =>
      new Polygon(shape.rings, { color: this.paint.line, weight: 1, fillColor: this.paint.land, fillOpacity: 1, interactive: false })
        .addTo(this.map)
        .bringToBack(),
    );
    const labels = shapes
      .filter((shape) => shape.name)
      .map((shape, i): Label => ({ at: shape.label, name: shape.name, count: "", rank: 1e8, bounds: layers[i]!.getBounds(), always: true }));
    this.country = { layers, labels, bounds: boundsOf(shapes).extend(this.home) };
    this.limit(this.country.bounds.pad(0.1), 14);
    this.relabel();
  }

  hasCountry(): boolean {
    return !!this.country;
  }

  goCountry(): void {
    this.moved = true;
    if (this.country) this.map.fitBounds(this.country.bounds, { padding: [12, 12], animate: !still() });
  }

  zoom(by: number): void {
    this.moved = true;
    if (by > 0) this.map.zoomIn(by);
    else this.map.zoomOut(-by);
  }
}

/** still reports whether the reader has asked for little motion. */
export function still(): boolean {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

function boundsOf(shapes: Shape[]): L.LatLngBounds {
  const bounds = new LatLngBounds([] as unknown as L.LatLngTuple[]);
  for (const shape of shapes) for (const polygon of shape.rings) for (const ring of polygon) for (const p of ring) bounds.extend(p);
  return bounds;
}
