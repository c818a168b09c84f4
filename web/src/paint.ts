// Colours and patterns of the canvas, read from the tokens of the stylesheet: what the SVG's classes show, drawn again.

/** Fill is what a canvas fills with. */
export type Fill = string | CanvasPattern;

export class Paint {
  readonly fills: { [level: string]: Fill } = {};
  line = "";
  select = "";
  focus = "";
  land = "";
  halo = "";
  text = "";
  font = "";

  constructor() {
    this.read();
  }

  /** read takes the tokens anew, after a change of theme. */
  read(): void {
    const style = getComputedStyle(document.documentElement);
    const token = (name: string) => style.getPropertyValue("--" + name).trim();
    this.line = token("map-line");
    this.select = token("map-select");
    this.focus = token("focus");
    this.land = token("map-land");
    this.halo = token("map-halo");
    this.text = token("map-text");
    this.font = token("font");
    for (const level of ["0", "h", "1", "2", "3", "4", "5"]) {
      const colour = token("c" + level);
      this.fills["l" + level] = tile(level, colour, token("c" + level + "-ink")) || colour;
    }
  }
}

/** tiles has for each class the size of its square tile and what is drawn upon it; l0 and l5 are plain.
 *  The same as assets.Patterns. */
const tiles: { [level: string]: [number, (c: CanvasRenderingContext2D) => void] } = {
  h: [8, (c) => dots(c, [1, 1, 5, 5])],
  1: [10, (c) => dots(c, [4, 4])],
  2: [8, (c) => lines(c, 1, [-2, 2, 2, -2, 0, 8, 8, 0, 6, 10, 10, 6])],
  3: [6, (c) => lines(c, 1.4, [-2, 4, 2, 8, 0, 0, 6, 6, 4, -2, 8, 2])],
  4: [6, (c) => lines(c, 1.4, [-2, 4, 2, 8, 0, 0, 6, 6, 4, -2, 8, 2, -2, 2, 2, -2, 0, 6, 6, 0, 4, 8, 8, 4])],
};

function tile(level: string, colour: string, ink: string): CanvasPattern | null {
  const kind = tiles[level];
  if (!kind) return null;
  const sharp = typeof DOMMatrix === "function" ? 2 : 1; // drawn at double size where a pattern can be scaled back
  const [size, draw] = kind;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size * sharp;
  const c = canvas.getContext("2d")!;
  c.scale(sharp, sharp);
  c.fillStyle = colour;
  c.fillRect(0, 0, size, size);
  c.fillStyle = c.strokeStyle = ink;
  draw(c);
  const pattern = c.createPattern(canvas, "repeat");
  if (pattern && sharp > 1) pattern.setTransform(new DOMMatrix([1 / sharp, 0, 0, 1 / sharp, 0, 0]));
  return pattern;
}

function dots(c: CanvasRenderingContext2D, at: number[]): void {
  for (let i = 0; i < at.length; i += 2) c.fillRect(at[i]!, at[i + 1]!, 2, 2);
}

function lines(c: CanvasRenderingContext2D, width: number, at: number[]): void {
  c.lineWidth = width;
  c.beginPath();
  for (let i = 0; i < at.length; i += 4) {
    c.moveTo(at[i]!, at[i + 1]!);
    c.lineTo(at[i + 2]!, at[i + 3]!);
  }
  c.stroke();
}
