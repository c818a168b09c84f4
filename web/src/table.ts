// The table that says the same as the map, kept in step with it: its numbers, its order, and on a phone the rows without
// a case behind a button.

import { make, say } from "./dom";
import { shownNumber, Texts } from "./format";
import { Area, Series, windows } from "./series";
import { resort, sortedBy } from "./sort";

const touchedMs = 3000; // rows stay where they are so long after a touch or a turn of the wheel

export class Table {
  private readonly rows = new Map<string, HTMLTableRowElement>();
  private readonly heads: HTMLElement[] = [];
  private readonly unfold = make("button", { type: "button", class: "btn btn-unfold", "aria-expanded": "false" });
  private column = "";
  private touched = -Infinity;
  private waiting = 0;

  /** chosen hears the code of a row that is clicked or whose link takes the focus. */
  constructor(private readonly table: HTMLTableElement | null, private readonly texts: Texts, chosen: (code: string) => void) {
    if (!table) return;
    for (const row of Array.from(table.querySelectorAll<HTMLTableRowElement>("tr[data-code]"))) {
      const code = row.dataset.code!;
      this.rows.set(code, row);
      row.addEventListener("click", (event) => {
        if (!(event.target as Element).closest("a")) chosen(code);
      });
      row.addEventListener("focusin", () => chosen(code));
    }
    this.heads = Array.from(table.querySelectorAll<HTMLElement>("[data-col]"));
    for (const kind of ["touchstart", "touchmove", "wheel"]) {
      table.addEventListener(kind, () => (this.touched = Date.now()), { passive: true });
    }
    this.addFold(table);
  }

  /** addFold puts the button under the table; the styles fold on phones only. */
  private addFold(table: HTMLTableElement): void {
    const wrap = table.closest(".table-wrap");
    if (!wrap || !wrap.parentNode || !table.id) return;
    table.classList.add("is-folded");
    this.unfold.setAttribute("aria-controls", table.id);
    this.unfold.addEventListener("click", () => {
      const folded = table.classList.toggle("is-folded");
      this.unfold.setAttribute("aria-expanded", String(!folded));
      this.nameFold();
    });
    wrap.parentNode.insertBefore(this.unfold, wrap.nextSibling);
  }

  private nameFold(): void {
    const folded = this.unfold.getAttribute("aria-expanded") === "false";
    const n = this.table!.querySelectorAll("tr.row-zero").length;
    this.unfold.hidden = !n;
    say(this.unfold, folded ? this.texts.get("unfold", { n: shownNumber(n) }) : this.texts.get("fold"));
  }

  show(series: Series, day: number): void {
    if (!this.table) return;
    this.rows.forEach((row, code) => {
      const area = series.areas.get(code);
      if (area) this.showRow(row, series, area, day);
    });
    this.nameFold();
    this.order();
  }

  private showRow(row: HTMLTableRowElement, series: Series, area: Area, day: number): void {
    let some = false;
    for (const cell of Array.from(row.querySelectorAll<HTMLElement>("[data-col]"))) {
      const window = windows[cell.dataset.col!];
      if (window === undefined) continue;
      const count = series.count(area, day, window);
      some = some || count.n > 0;
      say(cell, count.text);
    }
    row.classList.toggle("row-zero", !some);
  }

  /** order keeps the rows in the order of the head that sorts, but not while a pointer, a finger or the focus is on them. */
  private order(): void {
    clearTimeout(this.waiting);
    const table = this.table!;
    const body = table.tBodies[0]!;
    if (body.matches(":hover") || body.contains(document.activeElement) || Date.now() - this.touched < touchedMs) {
      this.waiting = window.setTimeout(() => this.order(), 1000);
      return;
    }
    resort(table);
  }

  /** mark sets off the column of the window that the map shows; a table in the order of the one before goes along. */
  mark(column: string): void {
    if (!this.table || column === this.column) return;
    const sorted = sortedBy(this.table);
    const head = (name: string) => this.table!.querySelector<HTMLElement>(`thead [data-col="${name}"]`);
    const follows = !sorted || (sorted === head(this.column) && sorted.getAttribute("aria-sort") === "descending");
    this.column = column;
    for (const cell of this.heads) cell.classList.toggle("is-window", cell.dataset.col === column);
    if (!follows) return;
    for (const other of Array.from(this.table.querySelectorAll("thead [aria-sort]"))) other.setAttribute("aria-sort", "none");
    head(column)?.setAttribute("aria-sort", "descending");
  }

  select(code: string | null): void {
    this.rows.forEach((row, at) => row.classList.toggle("area-selected", at === code));
  }

  flash(codes: string[]): void {
    for (const code of codes) {
      const row = this.rows.get(code);
      if (!row) continue;
      row.classList.add("row-changed");
      setTimeout(() => row.classList.remove("row-changed"), 4000);
    }
  }
}
