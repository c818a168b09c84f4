// Where the areas lie: read first from the SVG that came with the page, so that nothing more has to be loaded,
// and from the finer GeoJSON once the reader zooms in.

/** Shape is an area's outline as polygons of rings of [lat, lon], with the place of its label. */
export interface Shape {
  code: string;
  name: string;
  approximate: boolean;
  rings: [number, number][][][];
  label: [number, number];
}

interface FeatureWire {
  properties: { code?: string; name?: string; approximate?: boolean; label?: [number, number] } | null;
  geometry: { type: string; coordinates: unknown } | null;
}

/** fromGeoJSON reads Polygon and MultiPolygon features; others are passed over. */
export function fromGeoJSON(collection: { features: FeatureWire[] }): Shape[] {
  const shapes: Shape[] = [];
  for (const { properties, geometry } of collection.features) {
    if (!geometry || !/Polygon$/.test(geometry.type)) continue;
    const polygons = (geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates) as number[][][][];
    const rings = polygons.map((polygon) => polygon.map((ring) => ring.map((p): [number, number] => [p[1]!, p[0]!])));
    const p = properties || {};
    shapes.push({
      code: p.code || "",
      name: p.name || "",
      approximate: !!p.approximate,
      rings,
      label: p.label ? [p.label[1], p.label[0]] : middle(rings),
    });
  }
  return shapes;
}

/** fromSVG reads the paths of the page's SVG back into degrees. The SVG says by data-bounds="west,south,east,north"
 *  what its viewBox covers, in Mercator's projection. Without it nothing can be read: null. */
export function fromSVG(svg: SVGSVGElement): Shape[] | null {
  const bounds = (svg.getAttribute("data-bounds") || "").split(",").map(Number);
  const box = (svg.getAttribute("viewBox") || "").split(/[ ,]+/).map(Number);
  if (bounds.length !== 4 || box.length !== 4 || bounds.concat(box).some(isNaN)) return null;

  const [west, south, east, north] = bounds as [number, number, number, number];
  const [left, top, width, height] = box as [number, number, number, number];
  const low = mercator(south);
  const high = mercator(north);
  const place = (x: number, y: number): [number, number] => [
    latitude(high - ((y - top) / height) * (high - low)),
    west + ((x - left) / width) * (east - west),
  ];

  const shapes: Shape[] = [];
  for (const path of Array.from(svg.querySelectorAll<SVGPathElement>("path.area-shape[data-code]"))) {
    // The server draws the outer ring and its holes in one path, filled even-odd: so does the canvas.
    const rings = [ringsOf(path.getAttribute("d") || "", place)];
    if (!rings[0]!.length) continue;
    shapes.push({
      code: path.getAttribute("data-code")!,
      name: "",
      approximate: path.hasAttribute("data-approximate") || svg.hasAttribute("data-approximate"),
      rings,
      label: middle(rings),
    });
  }
  return shapes.length ? shapes : null;
}

/** ringsOf reads M L H V Z, absolute and relative. */
function ringsOf(d: string, place: (x: number, y: number) => [number, number]): [number, number][][] {
  const rings: [number, number][][] = [];
  let ring: [number, number][] = [];
  let x = 0, y = 0, startX = 0, startY = 0;
  for (const [, letter, text] of matches(/([MLHVZ])([^MLHVZ]*)/gi, d)) {
    const relative = letter! > "Z";
    const kind = letter!.toUpperCase();
    if (kind === "Z") {
      x = startX;
      y = startY;
      continue;
    }
    const numbers = (text!.match(/-?(?:\d+\.?\d*|\.\d+)/g) || []).map(Number);
    for (let i = 0; i < numbers.length; i += kind === "H" || kind === "V" ? 1 : 2) {
      const first = numbers[i]!;
      if (kind !== "V") x = (relative ? x : 0) + first;
      if (kind === "V") y = (relative ? y : 0) + first;
      if (kind === "M" || kind === "L") y = (relative ? y : 0) + (numbers[i + 1] || 0);
      if (kind === "M" && i === 0) {
        rings.push((ring = []));
        startX = x;
        startY = y;
      }
      ring.push(place(x, y));
    }
  }
  return rings;
}

function matches(pattern: RegExp, text: string): RegExpExecArray[] {
  const found: RegExpExecArray[] = [];
  for (let m = pattern.exec(text); m; m = pattern.exec(text)) found.push(m);
  return found;
}

/** middle is the centre of mass of the largest ring. */
function middle(rings: [number, number][][][]): [number, number] {
  let best: [number, number] = [0, 0];
  let largest = -1;
  for (const polygon of rings) {
    for (const ring of polygon) {
      const [lat0, lon0] = ring[0]!;
      let area = 0, lat = 0, lon = 0;
      ring.forEach((p, i) => {
        const q = ring[(i + 1) % ring.length]!;
        const cross = (p[1] - lon0) * (q[0] - lat0) - (q[1] - lon0) * (p[0] - lat0);
        area += cross;
        lon += (p[1] + q[1] - 2 * lon0) * cross;
        lat += (p[0] + q[0] - 2 * lat0) * cross;
      });
      if (Math.abs(area) > largest) {
        largest = Math.abs(area);
        best = area ? [lat0 + lat / (3 * area), lon0 + lon / (3 * area)] : [lat0, lon0];
      }
    }
  }
  return best;
}

function mercator(lat: number): number {
  return Math.log(Math.tan(Math.PI / 4 + (lat * Math.PI) / 360));
}

function latitude(y: number): number {
  return (Math.atan(Math.exp(y)) * 360) / Math.PI - 90;
}
