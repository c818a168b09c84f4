// The theme is an attribute of <html> and the cookie "theme", so that the server renders the next page in it at once.

const known = ["auto", "light", "dark", "sun"];

/** themeChanged is told to the window when colours have to be read anew (the map's canvas does). */
export const themeChanged = "khien:theme";

/** themes lets the links of .theme-switch, which carry data-theme-choice, work without a reload. */
export function themes(): void {
  document.addEventListener("click", (event) => {
    const link = (event.target as Element).closest<HTMLElement>("[data-theme-choice]");
    const theme = link && link.dataset.themeChoice!;
    if (!theme || known.indexOf(theme) < 0) return;
    event.preventDefault();
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `theme=${theme}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
    forget();
    show(theme);
  });
}

function show(theme: string): void {
  document.documentElement.dataset.theme = theme;
  for (const link of Array.from(document.querySelectorAll<HTMLElement>("[data-theme-choice]"))) {
    if (link.dataset.themeChoice === theme) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  dispatchEvent(new Event(themeChanged));
}

/** forget takes ?theme= from the address, which would win over the cookie at the next reload. */
function forget(): void {
  const url = new URL(location.href);
  if (!url.searchParams.has("theme")) return;
  url.searchParams.delete("theme");
  history.replaceState(null, "", url.toString());
}
