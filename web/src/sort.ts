// Tables whose heads sort. A head takes part by data-sort="text" or data-sort="num"; a cell's key is its data-value,
// else its text.

/** sortable puts a button into each head of the table that takes part. Sorting is stable. */
export function sortable(table: HTMLTableElement): void {
  for (const head of Array.from(table.querySelectorAll<HTMLElement>("thead [data-sort]"))) {
    const button = document.createElement("button");
    button.type = "button";
    while (head.firstChild) button.appendChild(head.firstChild);
    head.appendChild(button);
    if (!head.hasAttribute("aria-sort")) head.setAttribute("aria-sort", "none");
    button.addEventListener("click", () => sortBy(table, head));
  }
}

function sortBy(table: HTMLTableElement, head: HTMLElement): void {
  const numeric = head.dataset.sort === "num";
  const before = head.getAttribute("aria-sort");
  const down = before === "none" ? numeric : before === "ascending";
  for (const other of Array.from(table.querySelectorAll("[aria-sort]"))) other.setAttribute("aria-sort", "none");
  head.setAttribute("aria-sort", down ? "descending" : "ascending");

  const column = (head as HTMLTableCellElement).cellIndex;
  const body = table.tBodies[0]!;
  const keyed = Array.from(body.rows).map((row, at) => ({ row, at, key: key(row.cells[column]) }));
  keyed.sort((a, b) => {
    const order = numeric ? number(a.key) - number(b.key) : a.key.localeCompare(b.key, "vi");
    return (down ? -order : order) || a.at - b.at;
  });
  const rows = document.createDocumentFragment();
  for (const { row } of keyed) rows.appendChild(row);
  body.appendChild(rows);
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
