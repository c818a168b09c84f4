// app.ts runs on every page and only adds comfort: theme without a reload, one submission for two taps, messages that
// leave by themselves, tables that sort. Every page works without it.

import { sortable } from "./sort";
import { themes } from "./theme";

/** once lets a form of method post be sent a single time; coming back by the history allows it again. */
function once(): void {
  document.addEventListener("submit", (event) => {
    const form = event.target as HTMLFormElement;
    if (form.method !== "post" || event.defaultPrevented) return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
    const button = (event as SubmitEvent).submitter ?? form.querySelector("button:not([type=button])");
    if (button) button.setAttribute("aria-busy", "true");
  });
  addEventListener("pageshow", () => {
    for (const form of Array.from(document.querySelectorAll<HTMLFormElement>("form[data-sent]"))) {
      delete form.dataset.sent;
      for (const busy of Array.from(form.querySelectorAll("[aria-busy]"))) busy.removeAttribute("aria-busy");
    }
  });
}

/** toasts closes each .toast after twelve seconds, not while it is pointed at or holds the focus. */
function toasts(): void {
  for (const toast of Array.from(document.querySelectorAll<HTMLElement>(".toast"))) {
    const close = toast.querySelector<HTMLElement>("[data-close]");
    if (close) {
      close.hidden = false;
      close.addEventListener("click", () => toast.remove());
    }
    const leave = () => {
      if (toast.matches(":hover") || toast.contains(document.activeElement)) setTimeout(leave, 3000);
      else toast.remove();
    };
    setTimeout(leave, 12000);
  }
}

/** choices sends the form of a select marked data-submit as soon as it is changed. */
function choices(): void {
  document.addEventListener("change", (event) => {
    const select = event.target as HTMLElement;
    if (select instanceof HTMLSelectElement && "submit" in select.dataset && select.form) select.form.submit();
  });
}

/** menu lets Escape, and a tap beside it, close the menu. */
function menu(): void {
  const box = document.querySelector<HTMLDetailsElement>(".site-menu");
  if (!box) return;
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !box.open) return;
    box.open = false;
    box.querySelector("summary")!.focus();
  });
  document.addEventListener("click", (event) => {
    if (!box.contains(event.target as Node)) box.open = false;
  });
}

/** tabs brings the current one into sight where a phone has no room for all. */
function tabs(): void {
  for (const tab of Array.from(document.querySelectorAll<HTMLElement>(".tabs [aria-current]"))) {
    const row = tab.closest<HTMLElement>(".tabs")!;
    row.scrollLeft = tab.offsetLeft - row.offsetLeft - (row.clientWidth - tab.offsetWidth) / 2;
  }
}

themes();
tabs();
menu();
once();
toasts();
choices();
for (const table of Array.from(document.querySelectorAll<HTMLTableElement>("table[data-sortable]"))) sortable(table);
