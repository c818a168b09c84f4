// The table that says the same as the map, kept in step with it.

import { say } from "./dom";
import { Area, Series, windows } from "./series";

export class Table {
  private readonly rows = new Map<string, HTMLTableRowElement>();

  /** chosen hears the code of a row that is clicked or whose link takes the focus. */
  constructor(table: HTMLTableElement | null, chosen: (code: string) => void) {
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
  }

  private readonly heads: HTMLElement[] = [];

  show(series: Series, day: number): void {
    this.rows.forEach((row, code) => {
      const area = series.areas.get(code);
      if (area) this.showRow(row, series, area, day);
    });
  }

  private showRow(row: HTMLTableRowElement, series: Series, area: Area, day: number): void {
    for (const cell of Array.from(row.querySelectorAll<HTMLElement>("[data-col]"))) {
      const window = windows[cell.dataset.col!];
      if (window !== undefined) say(cell, series.count(area, day, window).text);
    }
  }

  /** mark sets off the column of the window that the map shows. */
  mark(column: string): void {
    for (const cell of this.heads) cell.classList.toggle("is-window", cell.dataset.col === column);
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
