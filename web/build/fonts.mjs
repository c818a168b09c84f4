// Cuts Be Vietnam Pro to the letters that Vietnamese and English use: 68 KB of woff2 become 50 KB.
// Run by the Go build before bundling; its output lies under node_modules and is never committed.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import subsetFont from "subset-font";

const web = dirname(dirname(fileURLToPath(import.meta.url)));
const files = join(web, "node_modules/@fontsource/be-vietnam-pro/files");
const out = join(web, "node_modules/.khien");

const range = (first, last) =>
  Array.from({ length: last - first + 1 }, (_, i) => String.fromCodePoint(first + i)).join("");

// letters has, for each file of the package, the characters kept: they are the unicode-range of src/fonts.css.
const letters = {
  latin: range(0x20, 0x7e) + "ÀÁÂÃÈÉÊÌÍÒÓÔÕÙÚÝàáâãèéêìíòóôõùúý" + "\u00a0©«»°±·×–—‘’“”•…←↑→↓−≤≥",
  vietnamese: "ĂăĐđĨĩŨũƠơƯư₫" + range(0x1ea0, 0x1ef9),
};

mkdirSync(out, { recursive: true });
for (const weight of [400, 700]) {
  for (const [script, text] of Object.entries(letters)) {
    const source = readFileSync(join(files, `be-vietnam-pro-${script}-${weight}-normal.woff2`));
    const cut = await subsetFont(source, text, { targetFormat: "woff2" });
    writeFileSync(join(out, `be-vietnam-pro-${script}-${weight}.woff2`), cut);
  }
}
