// The large numbers at the top, of the whole province or whatever the page shows the units of, kept in step with the map.

import { say } from "./dom";
import { shownNumber, Texts } from "./format";
import { Series, windows } from "./series";

export class Figures {
  constructor(private readonly section: HTMLElement | null, private readonly texts: Texts) {}

  /** show fills the figures in for a day and sets off that of the window that the map shows. */
  show(series: Series, day: number, chosen: string): void {
    const whole = series.whole;
    if (!this.section || !whole) return;
    this.section.hidden = series.empty();
    for (const figure of Array.from(this.section.querySelectorAll<HTMLElement>("[data-col]"))) {
      const column = figure.dataset.col!;
      const window = windows[column];
      if (window === undefined) continue;
      figure.classList.toggle("is-window", column === chosen);
      say(figure.querySelector(".figure")!, series.count(whole, day, window).text);
      if (isFinite(window)) this.trend(figure.querySelector(".trend")!, column, series.trend(whole, day, window));
    }
  }

  private trend(place: Element, column: string, by: number | null): void {
    const kind = by === null ? "" : by > 0 ? "up" : by < 0 ? "down" : "same";
    place.setAttribute("class", kind ? "trend trend-" + kind : "trend");
    const values = { n: shownNumber(Math.abs(by || 0)), before: this.texts.get("before_" + column) };
    say(place, this.texts.get("trend_" + (kind || "none"), values));
  }
}
