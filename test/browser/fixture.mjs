// A stand-in for the server with invented numbers, so that the front end is worked on and tested alone:
//
//	node test/browser/fixture.mjs 8099
//
// Outlines are those of ../shared where it is present, else a grid. POST /dev/delta sends a delta to the open pages.
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const geo = join(root, "../shared/data/geo/langson-2025-communes.geojson");
const firstDay = Date.UTC(2021, 3, 27) / 86400000;
const days = 78;
const iso = (day) => new Date(day * 86400000).toISOString().slice(0, 10);
const shown = (day) => iso(day).split("-").reverse().join("/");

/** texts are the sentences that the page hands to the script: the whole list of keys. */
export const texts = {
  map_label: "Bản đồ ca mắc theo xã. Bảng bên cạnh có cùng số liệu.",
  new_1: "1 ngày", new_7: "7 ngày", new_14: "14 ngày", total: "Tổng",
  play: "Chạy theo ngày", pause: "Dừng", speed: "Tốc độ",
  live: "cập nhật trực tiếp", poll: "cập nhật mỗi 30 giây", off: "đang kết nối lại",
  as_of: "Số liệu lúc {time}",
  change_one: "{name}: {n} ca mới", change_fix: "{name}: số liệu đã điều chỉnh", change_many: "{n} địa phương có số liệu mới",
  search: "Tìm xã, phường", no_match: "Không tìm thấy",
  country: "Cả nước", province: "Về tỉnh", zoom_in: "Phóng to", zoom_out: "Thu nhỏ",
  selected: "Địa phương đang chọn", close: "Đóng", open_area: "Xem trang {name}",
  approximate: "Ranh giới gần đúng",
  earlier: "Lùi một ngày", later: "Tiến một ngày",
  unfold: "Hiện cả {n} xã, phường chưa có ca", fold: "Chỉ hiện nơi có ca",
  since: "từ {day}", trend_up: "tăng {n} so với {before}", trend_down: "giảm {n} so với {before}", trend_same: "bằng {before}", trend_none: "chưa so sánh được",
  before_new_1: "ngày trước", before_new_7: "7 ngày trước đó", before_new_14: "14 ngày trước đó",
};

function outlines(step) {
  const snap = (v) => Math.round(v / step) * step;
  const features = existsSync(geo) ? JSON.parse(readFileSync(geo, "utf8")).features : grid();
  return features.map((f) => {
    const polygons = f.geometry.type === "Polygon" ? [f.geometry.coordinates] : f.geometry.coordinates;
    const coordinates = polygons.map((p) => p.map((ring) => {
      const out = [];
      for (const [x, y] of ring) {
        const q = [Number(snap(x).toFixed(4)), Number(snap(y).toFixed(4))];
        const last = out[out.length - 1];
        if (!last || last[0] !== q[0] || last[1] !== q[1]) out.push(q);
      }
      return out;
    }).filter((ring) => ring.length > 3));
    const p = f.properties;
    return { type: "Feature", properties: { code: "2025/20/" + (p.code || p.ma), name: p.name, approximate: false }, geometry: { type: "MultiPolygon", coordinates } };
  });
}

function grid() {
  const features = [];
  for (let i = 0; i < 64; i++) {
    const x = 106.1 + (i % 8) * 0.15, y = 21.4 + Math.floor(i / 8) * 0.12;
    const ring = [[x, y], [x + 0.15, y], [x + 0.15, y + 0.12], [x, y + 0.12], [x, y]];
    features.push({ properties: { code: String(10000 + i), name: "Xã Số " + i }, geometry: { type: "Polygon", coordinates: [ring] } });
  }
  return features;
}

const fine = outlines(0.001);
const coarse = outlines(0.003);
const mercator = (lat) => Math.log(Math.tan(Math.PI / 4 + (lat * Math.PI) / 360));

function bounds(features) {
  const all = features.flatMap((f) => f.geometry.coordinates.flat(2));
  const xs = all.map((p) => p[0]), ys = all.map((p) => p[1]);
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}

const [west, south, east, north] = bounds(fine);
const width = 640;
const height = Math.round((width * (mercator(north) - mercator(south))) / (((east - west) * Math.PI) / 180));

function path(feature) {
  const scale = 1;
  return feature.geometry.coordinates.flat().map((ring) => {
    let px = 0, py = 0;
    return ring.slice(0, -1).map(([lon, lat], i) => {
      const x = Math.round(((lon - west) / (east - west)) * width * scale * 10) / 10;
      const y = Math.round(((mercator(north) - mercator(lat)) / (mercator(north) - mercator(south))) * height * scale * 10) / 10;
      const step = (i ? "l" : "M") + [i ? x - px : x, i ? y - py : y].map((v) => Number(v.toFixed(1))).join(" ");
      [px, py] = [x, y];
      return step;
    }).join("") + "z";
  }).join("");
}

/** series invents an outbreak that spreads from two communes. */
function series() {
  let seed = 7;
  const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
  const areas = fine.map((f, i) => {
    const heat = i % 9 === 0 ? 6 : i % 4 === 0 ? 1.2 : i % 3 === 0 ? 0.25 : 0;
    const list = [];
    for (let d = 10 + (i % 13) * 4; d < days; d++) {
      const n = Math.floor(random() * heat * Math.exp(-(((d - 50) / 18) ** 2)) * 2.2);
      if (n) list.push([d, n]);
    }
    return { code: f.properties.code, name: f.properties.name, parent: "Lạng Sơn", population: 0, days: list, hidden: i % 7 === 3 ? [days - 2] : [] };
  });
  return { version: 1, edition: 2025, level: "commune", first_day: iso(firstDay), last_day: iso(firstDay + days - 1), as_of: "2026-11-23T03:00:00Z", k: 5, whole: sum(areas), areas };
}

/** sum is the whole that the areas make up. */
function sum(areas) {
  const days = new Map();
  for (const [d, n] of areas.flatMap((a) => a.days)) days.set(d, (days.get(d) || 0) + n);
  return { code: "2025/20", name: "Tỉnh Lạng Sơn", parent: "", population: 0, days: [...days], hidden: [...new Set(areas.flatMap((a) => a.hidden))], floor: "≥1" };
}

function text(area, day, window) {
  const n = Math.max(0, area.days.filter(([d]) => d <= day && d > day - window).reduce((sum, [, v]) => sum + v, 0));
  const hidden = area.hidden.some((d) => d <= day && d > day - window);
  const level = n === 0 ? (hidden ? "lh" : "l0") : "l" + [1, 5, 10, 20, 50].filter((low) => n >= low).length;
  return { text: n === 0 ? (hidden ? "<5" : "0") : n + (hidden ? "+" : ""), level };
}

const tiles = [["lh", 8, "M1 1h2v2h-2zM5 5h2v2h-2z"], ["l1", 10, "M4 4h2v2h-2z"], ["l2", 8, "M-2 2 2-2M0 8 8 0M6 10 10 6"],
  ["l3", 6, "M-2 4 2 8M0 0 6 6M4-2 8 2"], ["l4", 6, "M-2 4 2 8M0 0 6 6M4-2 8 2M-2 2 2-2M0 6 6 0M4 8 8 4"]];
const patterns = "<defs>" + tiles.map(([c, s, d]) => `<pattern id="p-${c}" width="${s}" height="${s}" patternUnits="userSpaceOnUse"><rect class="pat-${c}" width="${s}" height="${s}"/><path class="ink-${c}" d="${d}"/></pattern>`).join("") + "</defs>";

const coast = [[102.1, 22.4], [103.9, 22.5], [105.3, 23.3], [106.7, 22.8], [108, 21.5], [106.7, 20.7], [105.7, 19], [106.5, 17.9], [108.3, 16.1], [109.3, 13.5], [109.2, 11.6], [107, 10.4], [106.6, 9.6], [105, 8.6], [104.8, 10.2], [106, 11], [107.5, 12.3], [107.6, 14.5], [106.6, 16.6], [105.1, 18.6], [103.9, 19.3], [104.6, 20.6], [103, 20.9], [102.1, 22.4]];
const island = (x, y) => [[x, y], [x + 0.4, y], [x + 0.4, y + 0.3], [x, y + 0.3], [x, y]];
const country = {
  type: "FeatureCollection",
  features: [
    { type: "Feature", properties: { code: "VN", name: "", approximate: true }, geometry: { type: "Polygon", coordinates: [coast] } },
    { type: "Feature", properties: { code: "HS", name: "Quần đảo Hoàng Sa" }, geometry: { type: "MultiPolygon", coordinates: [[island(111.6, 16.3)], [island(112.3, 16.8)]] } },
    { type: "Feature", properties: { code: "TS", name: "Quần đảo Trường Sa" }, geometry: { type: "MultiPolygon", coordinates: [[island(111.9, 8.6)], [island(114.2, 10.2)], [island(113, 9.6)]] } },
  ],
};
const insetPoint = ([x, y]) => `${Math.round((x - 101.5) * 6)} ${Math.round((23.6 - y) * 6)}`;
const insetPath = (ring) => "M" + ring.map(insetPoint).join("L") + "z";

function asset(name) {
  const file = join(root, "web/dist/manifest.json");
  const manifest = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
  return manifest[name] ? "/assets/" + manifest[name] : null;
}

function page(url, wire) {
  const window = Number(url.searchParams.get("window")) || 7;
  const offset = url.searchParams.has("day") ? Math.round(Date.parse(url.searchParams.get("day")) / 86400000) - firstDay : days - 1;
  const escape = (s) => s.replace(/&/g, "&amp;").replace(/"/g, "&quot;").replace(/</g, "&lt;");
  const by = new Map(wire.areas.map((a) => [a.code, a]));
  const shapes = coarse.map((f) => {
    const c = text(by.get(f.properties.code), offset, window);
    return `<a href="/area/${f.properties.code}" tabindex="-1"><path class="area-shape ${c.level}" data-code="${f.properties.code}" d="${path(f)}"><title>${f.properties.name}: ${escape(c.text)}</title></path></a>`;
  }).join("");
  const rows = wire.areas.map((a) => `<tr data-code="${a.code}"><th scope="row"><a href="/area/${a.code}">${a.name}</a></th>` +
    [["new_1", 1], ["new_7", 7], ["new_14", 14], ["total", 1e6]].map(([c, w]) => `<td data-col="${c}">${escape(text(a, offset, w).text)}</td>`).join("") + "</tr>").join("");
  const legend = [["l0", "0"], ["lh", "<5, chưa công bố"], ["l1", "1–4"], ["l2", "5–9"], ["l3", "10–19"], ["l4", "20–49"], ["l5", "≥50"]]
    .map(([c, t]) => `<li><svg class="swatch" aria-hidden="true"><rect class="area-shape ${c}" width="100%" height="100%"/></svg>${escape(t)}</li>`).join("");
  const font = asset("be-vietnam-pro-latin-400.woff2");
  return `<!doctype html><html lang="vi" data-theme="${url.searchParams.get("theme") || "auto"}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>Bản đồ dịch Lạng Sơn</title><link rel="icon" href="${asset("icon.svg")}"><link rel="stylesheet" href="${asset("app.css") || "/assets/src/app.css"}">${asset("map.css") ? `<link rel="stylesheet" href="${asset("map.css")}">` : ""}
${font ? `<link rel="preload" as="font" type="font/woff2" crossorigin href="${font}">` : ""}
${["app.js", "map.js"].filter(asset).map((n) => `<script type="module" src="${asset(n)}"></script>`).join("")}</head><body>
<a class="skip-link" href="#main">Đến nội dung chính</a>
<header class="site-header"><a class="site-name" href="/">Khiên</a>
<nav class="site-nav" aria-label="Chính"><ul class="cluster"><li><a href="/" aria-current="page">Bản đồ</a></li><li><a href="/a">Khai báo y tế</a></li><li><a href="/b">Tiêm chủng</a></li><li><a href="/c">Hỏi đáp</a></li></ul></nav>
<a class="site-viewer" href="/in">Đăng nhập</a></header>
<main class="site-main" id="main"><h1>Ca mắc <span class="nowrap">COVID-19</span> tại Lạng Sơn</h1>
<p class="map-note map-status">Số liệu lúc 10:00 23/11/2026</p>
<section id="map-figures" aria-label="Số ca mắc: Tỉnh Lạng Sơn"><dl class="figures">${[["new_1", 1, "Trong ngày"], ["new_7", 7, "7 ngày"], ["new_14", 14, "14 ngày"], ["total", 1e6, "Cộng dồn"]].map(([c, w, t]) => `<div data-col="${c}"><dt>${t}</dt><dd class="figure">${escape(text(wire.whole, offset, w).text)}</dd><dd class="trend">${c === "total" ? "từ " + shown(firstDay) : "chưa so sánh được"}</dd></div>`).join("")}</dl></section>
<form class="map-controls" method="get"><div><label for="level">Cấp</label><select id="level" name="level"><option value="commune">Xã, phường</option><option value="district">Huyện</option></select></div>
<div><label for="edition">Địa giới</label><select id="edition" name="edition"><option>2025</option><option>2021</option></select></div>
<div><label for="window">Ca mới trong</label><select id="window" name="window">${[[1, "1 ngày"], [7, "7 ngày"], [14, "14 ngày"], ["total", "Tổng"]].map(([v, t]) => `<option value="${v}"${v === window ? " selected" : ""}>${t}</option>`).join("")}</select></div>
<div class="day-slider"><input type="range" name="day_offset" aria-label="Ngày" min="0" max="${days - 1}" value="${offset}"><output>${shown(firstDay + offset)}</output></div><button class="btn" data-nojs>Xem</button></form>
<div class="map-panel"><div class="map-main"><div class="map-frame"><div id="map" class="map-canvas" data-edition="2025" data-level="commune" data-day="${iso(firstDay + offset)}" data-window="${window}" data-scale="1,5,10,20,50" data-series="/api/v1/map/series?edition=2025&amp;level=commune" data-shapes="/map/shapes/2025/commune.json?v=1" data-country="/map/shapes/2025/country.json?v=1" data-stream="/api/v1/map/stream?edition=2025&amp;level=commune" data-area-url="/area/" data-text="${escape(JSON.stringify(texts))}">
<svg class="map-svg" viewBox="0 0 ${width} ${height}" data-bounds="${west},${south},${east},${north}" role="img" aria-label="${texts.map_label}">${patterns}${shapes}</svg></div>
<a class="inset" href="/?level=province"><svg viewBox="0 0 84 96" aria-hidden="true">${country.features.map((f) => (f.geometry.type === "Polygon" ? [f.geometry.coordinates] : f.geometry.coordinates).map((p) => `<path d="${insetPath(p[0])}"/>`).join("")).join("")}<path class="here" d="M28 9h6v6h-6z"/></svg><span>Cả nước</span></a></div>
<ul class="map-legend">${legend}</ul></div>
<div class="map-side"><div class="table-wrap" tabindex="0" role="region" aria-label="Bảng số liệu"><table id="map-table" class="table map-table" data-sortable><caption class="visually-hidden">Ca mới theo xã</caption><thead><tr><th scope="col" data-sort="text">Xã, phường</th><th scope="col" data-sort="num" data-col="new_1">1 ngày</th><th scope="col" data-sort="num" data-col="new_7">7 ngày</th><th scope="col" data-sort="num" data-col="new_14">14 ngày</th><th scope="col" data-sort="num" data-col="total">Tổng</th></tr></thead><tbody>${rows}</tbody></table></div></div></div>
<p class="cluster"><a class="btn" data-keep href="/map.csv">Tải CSV</a><a class="btn" data-keep href="/map.geojson">Tải GeoJSON</a></p></main>
<footer class="site-footer"><nav class="lang-switch cluster" aria-label="Ngôn ngữ"><a href="?lang=vi" lang="vi" aria-current="true">Tiếng Việt</a><a href="?lang=en" lang="en">English</a></nav>
<nav class="theme-switch cluster" aria-label="Giao diện">${[["auto", "Theo thiết bị"], ["light", "Sáng"], ["dark", "Tối"], ["sun", "Ngoài nắng"]].map(([v, n]) => `<a href="?theme=${v}" data-theme-choice="${v}"${v === (url.searchParams.get("theme") || "auto") ? ' aria-current="true"' : ""}>${n}</a>`).join("\n")}</nav>
<div id="live" class="visually-hidden" role="status" aria-live="polite"></div><p>Nguồn: Sở Y tế tỉnh Lạng Sơn. Số liệu trên trang này là số liệu bịa, để thử.</p></footer></body></html>`;
}

/** fixture starts the server; port 0 takes a free one. send(delta) reaches the open streams. */
export function fixture(port = 0, { stream = true } = {}) {
  const wire = series();
  const streams = new Set();
  const types = { css: "text/css", js: "text/javascript", woff2: "font/woff2", svg: "image/svg+xml" };
  const state = { seriesRequests: 0, streams: 0 };
  const send = (delta) => {
    for (const [code, day, n] of delta.cells || []) {
      const area = wire.areas.concat(wire.whole).find((a) => a.code === code);
      const offset = Math.round(Date.parse(day) / 86400000) - firstDay;
      area.days = area.days.filter(([d]) => d !== offset).concat([[offset, n]]);
    }
    wire.version = delta.v;
    if (delta.last_day) wire.last_day = delta.last_day;
    for (const s of streams) s.write(`id: ${delta.v}\nevent: delta\ndata: ${JSON.stringify(delta)}\n\n`);
  };
  const server = createServer((request, response) => {
    const url = new URL(request.url, "http://localhost");
    const answer = (type, body, headers = {}) => {
      const packed = gzipSync(body, { level: 9 });
      response.writeHead(200, { "Content-Type": type, "Content-Encoding": "gzip", "Content-Length": packed.length, ...headers }).end(packed);
    };
    const json = (value, headers) => answer("application/json", JSON.stringify(value), headers);
    if (url.pathname === "/") return answer("text/html; charset=utf-8", page(url, wire), { "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'" });
    if (url.pathname === "/map/shapes/2025/commune.json") return json({ type: "FeatureCollection", features: fine });
    if (url.pathname === "/map/shapes/2025/country.json") return json(country);
    if (url.pathname === "/api/v1/map/series") {
      state.seriesRequests++;
      const etag = `"${wire.version}"`;
      if (request.headers["if-none-match"] === etag) return response.writeHead(304, { ETag: etag }).end();
      return json(wire, { ETag: etag, "Cache-Control": "no-cache" });
    }
    if (url.pathname === "/api/v1/map/stream" && stream) {
      response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-cache" });
      response.write(": hello\n\n");
      streams.add(response);
      state.streams = streams.size;
      return request.on("close", () => {
        streams.delete(response);
        state.streams = streams.size;
      });
    }
    const file = url.pathname.startsWith("/assets/") && join(root, "web", url.pathname.startsWith("/assets/src/") ? url.pathname.slice(8) : "dist/" + url.pathname.slice(8));
    if (file && existsSync(file) && file.startsWith(join(root, "web"))) {
      const type = types[file.split(".").pop()] || "text/plain";
      if (type === "font/woff2") return response.writeHead(200, { "Content-Type": type, "Cache-Control": "max-age=600" }).end(readFileSync(file));
      return answer(type, readFileSync(file), { "Cache-Control": "max-age=600" });
    }
    response.writeHead(404).end("not here");
  });
  return new Promise((ready) => {
    server.listen(port, "127.0.0.1", () => {
      const close = () => {
        for (const s of streams) s.end();
        server.closeAllConnections();
        server.close();
      };
      ready({ url: `http://127.0.0.1:${server.address().port}/`, send, close, state, wire });
    });
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url) && process.argv[2]) {
  const { url } = await fixture(Number(process.argv[2]));
  console.log(url);
}
