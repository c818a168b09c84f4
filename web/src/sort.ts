// Tables whose heads sort. A head takes part by data-sort="text" or data-sort="num"; a cell's key is its data-value,
// else its text. Rows that are equal by numbers stand with those that have any number (no class row-zero) before the
// rest, then by the first head that sorts by text.

const names = new Intl.Collator("vi");

/** sortable puts a button into each head of the table that takes part. */
export function sortable(table: HTMLTableElement): void {
  for (const head of Array.from(table.querySelectorAll<HTMLElement>("thead [data-sort]"))) {
    const button = document.createElement("button");
    button.type = "button";
    while (head.firstChild) button.appendChild(head.firstChild);
    head.appendChild(button);
    if (!head.hasAttribute("aria-sort")) head.setAttribute("aria-sort", "none");
    button.addEventListener("click", () => {
      const before = head.getAttribute("aria-sort");
      const down = before === "none" ? head.dataset.sort === "num" : before === "ascending";
      for (const other of Array.from(table.querySelectorAll("thead [aria-sort]"))) other.setAttribute("aria-sort", "none");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      resort(table);
    });
  }
}

/** sortedBy is the head that the table is sorted by, or null. */
export function sortedBy(table: HTMLTableElement): HTMLElement | null {
  return table.querySelector<HTMLElement>('thead [aria-sort="ascending"], thead [aria-sort="descending"]');
}

/** resort puts the rows into the order of the head that sorts; rows that are in order already are not touched. */
export function resort(table: HTMLTableElement): void {
  const head = sortedBy(table) as HTMLTableCellElement | null;
  const body = table.tBodies[0];
  if (!head || !body) return;
  const numeric = head.dataset.sort === "num";
  const sign = head.getAttribute("aria-sort") === "descending" ? -1 : 1;
  const named = table.querySelector<HTMLTableCellElement>('thead [data-sort="text"]');
  const rows = Array.from(body.rows).map((row, at) => ({
    row,
    at,
    text: named ? key(row.cells[(numeric ? named : head).cellIndex]) : "",
    n: numeric ? number(key(row.cells[head.cellIndex])) : 0,
    zero: row.classList.contains("row-zero") ? 1 : 0,
  }));
  rows.sort((a, b) =>
    numeric ? sign * (a.n - b.n) || a.zero - b.zero || names.compare(a.text, b.text) || a.at - b.at : sign * names.compare(a.text, b.text) || a.at - b.at,
  );
  if (rows.every(({ at }, i) => at === i)) return;
  const sorted = document.createDocumentFragment();
  for (const { row } of rows) sorted.appendChild(row);
  body.appendChild(sorted);
}

function key(cell: HTMLTableCellElement | undefined): string {
  if (!cell) return "";
  return cell.dataset.value || (cell.textContent || "").trim();
}

/** number reads "1.234", "12+" and "<5" (just above zero) as they rank. */
function number(text: string): number {
  const n = parseInt(text.replace(/[^0-9]/g, ""), 10) || 0;
  return /^[<≥]/.test(text) ? 0.5 : n + (/\+$/.test(text) ? 0.25 : 0);
}
