// A box that finds an area by its name, with or without marks (WAI-ARIA combobox with a list).

import { make } from "./dom";
import { fold, Texts } from "./format";
import { Area } from "./series";

const most = 8; // suggestions

/** addSearch puts the box before the first child of place. areas is asked at each search; the unit called whole, which all
 *  of them lie in, is not named beside them; chosen hears the code. */
export function addSearch(place: HTMLElement, texts: Texts, areas: () => Iterable<Area>, whole: () => string, chosen: (code: string) => void): void {
  const input = make("input", {
    type: "search",
    id: "map-search",
    role: "combobox",
    autocomplete: "off",
    spellcheck: "false",
    "aria-expanded": "false",
    "aria-controls": "map-found",
    "aria-autocomplete": "list",
  });
  const list = make("ul", { id: "map-found", role: "listbox", hidden: true, "aria-label": texts.get("search") });
  const none = make("span", { class: "visually-hidden", role: "status" });
  place.insertBefore(
    make("div", { class: "map-search" }, make("label", { for: "map-search" }, texts.get("search")), input, list, none),
    place.firstChild,
  );

  let found: Area[] = [];
  let at = -1;

  const close = () => {
    list.hidden = true;
    at = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const choose = (area: Area | undefined) => {
    if (!area) return;
    input.value = area.name;
    close();
    chosen(area.code);
  };
  const mark = (next: number) => {
    at = next;
    Array.from(list.children).forEach((option, i) => option.setAttribute("aria-selected", String(i === at)));
    if (at < 0) input.removeAttribute("aria-activedescendant");
    else input.setAttribute("aria-activedescendant", "map-found-" + at);
  };
  const search = () => {
    const wanted = fold(input.value.trim());
    found = wanted ? rank(areas(), wanted) : [];
    list.textContent = "";
    found.forEach((area, i) => {
      const option = make("li", { role: "option", id: "map-found-" + i, "aria-selected": "false" }, area.name);
      if (area.parent && area.parent !== whole()) option.appendChild(make("small", {}, area.parent));
      option.addEventListener("mousedown", (event) => event.preventDefault());
      option.addEventListener("click", () => choose(area));
      list.appendChild(option);
    });
    none.textContent = wanted && !found.length ? texts.get("no_match") : "";
    list.hidden = !found.length;
    input.setAttribute("aria-expanded", String(!!found.length));
    mark(-1);
  };

  input.addEventListener("input", search);
  input.addEventListener("blur", close);
  input.addEventListener("change", (event) => event.stopPropagation());
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
    if (event.key === "Enter") {
      event.preventDefault();
      choose(found[Math.max(at, 0)]);
    }
    if ((event.key === "ArrowDown" || event.key === "ArrowUp") && found.length) {
      event.preventDefault();
      mark((at + (event.key === "ArrowDown" ? 1 : found.length + (at < 0 ? 0 : -1))) % found.length);
    }
  });
}

/** rank puts names that begin with what is wanted first, then names with a word that does, then the rest. */
function rank(areas: Iterable<Area>, wanted: string): Area[] {
  const hits: { area: Area; order: number }[] = [];
  for (const area of Array.from(areas)) {
    const name = fold(area.name);
    const at = (" " + name).indexOf(" " + wanted);
    const order = at === 0 ? 0 : at > 0 ? 1 : name.indexOf(wanted) >= 0 ? 2 : fold(area.parent).indexOf(wanted) >= 0 ? 3 : -1;
    if (order >= 0) hits.push({ area, order });
  }
  return hits.sort((a, b) => a.order - b.order || a.area.name.localeCompare(b.area.name, "vi")).slice(0, most).map((hit) => hit.area);
}
