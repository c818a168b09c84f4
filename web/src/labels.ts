// Names and numbers upon the map: as many as fit without touching, the highest numbers first.

import type * as L from "leaflet";
import { Layer } from "./leaflet";
import { Paint } from "./paint";

export interface Label {
  at: [number, number];
  name: string;
  count: string;
  rank: number;
  bounds: L.LatLngBounds;
  always?: boolean; // shown whatever its area's size on the screen
}

interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

const margin = 3; // px between labels

/** Labels is a canvas over the shapes, drawn again when the map comes to rest. */
export class Labels extends Layer {
  private labels: Label[] = [];
  private canvas = document.createElement("canvas");
  private frame = 0;
  private size = 12; // px; more on a wall screen

  constructor(private readonly paint: Paint) {
    super();
    this.canvas.className = "labels leaflet-zoom-hide";
  }

  set(labels: Label[]): void {
    this.labels = labels.sort((a, b) => b.rank - a.rank);
    this.later();
  }

  onAdd(map: L.Map): this {
    map.getPanes().overlayPane.appendChild(this.canvas);
    map.on("moveend zoomend resize viewreset", this.later, this);
    this.later();
    return this;
  }

  private later(): void {
    if (this.frame || !this._map) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.draw();
    });
  }

  private draw(): void {
    const map = this._map;
    const { x: width, y: height } = map.getSize();
    this.size = width > 1000 ? 15 : 12;
    const ratio = Math.min(devicePixelRatio || 1, 2);
    const corner = map.containerPointToLayerPoint([0, 0]);
    this.canvas.style.transform = `translate3d(${corner.x}px,${corner.y}px,0)`;
    if (this.canvas.width !== width * ratio || this.canvas.height !== height * ratio) {
      this.canvas.width = width * ratio;
      this.canvas.height = height * ratio;
      this.canvas.style.width = width + "px";
      this.canvas.style.height = height + "px";
    }

    const c = this.canvas.getContext("2d")!;
    c.setTransform(ratio, 0, 0, ratio, 0, 0);
    c.clearRect(0, 0, width, height);
    c.textAlign = "center";
    c.textBaseline = "middle";
    c.lineJoin = "round";
    c.lineWidth = 3;
    c.strokeStyle = this.paint.halo;
    c.fillStyle = this.paint.text;

    const taken: Box[] = [];
    const view = map.getBounds();
    for (const label of this.labels) if (view.contains(label.at)) this.place(c, map, label, taken);
  }

  /** place draws name and number, or the number alone where the name would hang over, or nothing. */
  private place(c: CanvasRenderingContext2D, map: L.Map, label: Label, taken: Box[]): void {
    const at = map.latLngToContainerPoint(label.at);
    const west = map.latLngToContainerPoint(label.bounds.getSouthWest());
    const east = map.latLngToContainerPoint(label.bounds.getNorthEast());
    const room = label.always ? Infinity : (east.x - west.x) * 0.92;
    const tall = label.always ? Infinity : west.y - east.y;

    const both = label.count ? [label.name, label.count] : [label.name];
    for (const lines of label.count ? [both, [label.count]] : [both]) {
      const bold = (i: number) => (label.count && i === lines.length - 1 ? "700 " : "");
      const wide = Math.max(...lines.map((line, i) => {
        c.font = `${bold(i)}${this.size}px ${this.paint.font}`;
        return c.measureText(line).width;
      }));
      const high = lines.length * (this.size + 2);
      const number = label.count && lines.length === 1;
      if (!number && (wide > room || high > tall)) continue;
      if (number && (wide > room * 1.1 || tall < this.size)) continue;

      const box = { left: at.x - wide / 2 - margin, right: at.x + wide / 2 + margin, top: at.y - high / 2, bottom: at.y + high / 2 };
      if (taken.some((b) => box.left < b.right && box.right > b.left && box.top < b.bottom && box.bottom > b.top)) continue;
      taken.push(box);
      lines.forEach((line, i) => {
        c.font = `${bold(i)}${this.size}px ${this.paint.font}`;
        const y = at.y + (i - (lines.length - 1) / 2) * (this.size + 2);
        c.strokeText(line, at.x, y);
        c.fillText(line, at.x, y);
      });
      return;
    }
  }
}
