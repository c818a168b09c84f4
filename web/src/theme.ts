// The theme is an attribute of <html> and a cookie, so that the server renders the next page in it at once.

const cookie = "khien_theme";
const known = ["auto", "light", "dark", "sun"];

/** themeChanged is told to the window when colours have to be read anew (the map's canvas does). */
export const themeChanged = "khien:theme";

/** themes makes the buttons of .theme-switch (name="theme", value auto, light, dark or sun) work without a reload. */
export function themes(): void {
  const saved = document.cookie.match(/(?:^|; )khien_theme=(\w+)/);
  if (saved && known.indexOf(saved[1]!) >= 0) show(saved[1]!);
  else mark(document.documentElement.dataset.theme || "auto");

  document.addEventListener("click", (event) => {
    const button = (event.target as Element).closest<HTMLButtonElement>(".theme-switch button[value]");
    if (!button || known.indexOf(button.value) < 0) return;
    event.preventDefault();
    show(button.value);
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `${cookie}=${button.value}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
    const box = button.closest("details");
    if (box) {
      box.open = false;
      box.querySelector("summary")?.focus();
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") for (const box of openBoxes()) box.open = false;
  });
  document.addEventListener("click", (event) => {
    for (const box of openBoxes()) if (!box.contains(event.target as Node)) box.open = false;
  });
}

function openBoxes(): HTMLDetailsElement[] {
  return Array.from(document.querySelectorAll<HTMLDetailsElement>("details.theme-switch[open]"));
}

function show(theme: string): void {
  const root = document.documentElement;
  if (root.dataset.theme !== theme) {
    root.dataset.theme = theme;
    dispatchEvent(new Event(themeChanged));
  }
  mark(theme);
}

function mark(theme: string): void {
  for (const button of Array.from(document.querySelectorAll<HTMLButtonElement>(".theme-switch button[value]"))) {
    button.setAttribute("aria-pressed", String(button.value === theme));
  }
}
