// The service worker of the pages that must open without a network: the keeper's, the visitor's, the phone's own code.
// It keeps the empty page and the files that it needs, under the name of this build. Answers about people pass it by: they are
// never put into a cache, and the pages are fetched without cookies, so that nobody's name stands in them.

/** Only what is used here: the types of pages and of workers cannot be loaded together. */
interface Waiting extends Event { waitUntil(work: Promise<unknown>): void; respondWith(answer: Promise<Response>): void; request: Request; data: unknown }
interface Serving { location: Location; registration: { scope: string }; clients: { claim(): Promise<void> }; skipWaiting(): Promise<void>; addEventListener(kind: string, hear: (event: Waiting) => void): void }

const worker = self as unknown as Serving;
const waitMs = 4000; // a page that takes longer comes from the cache

interface Shell { version: string; files: string[]; later: string[] }

/** shell is written before this script by the server: which files, what is kept when it is first used, which build. */
declare const shell: Shell;

/** Each page has a worker and a cache of its own, so that one that is renewed takes nothing from another. */
const own = new URL(worker.registration.scope).pathname;
const prefix = "khien " + own + " ";
const cacheName = prefix + shell.version;

worker.addEventListener("install", (event) => event.waitUntil(fill()));
worker.addEventListener("activate", (event) => event.waitUntil(tidy()));
worker.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== worker.location.origin) return;
  if (shell.files.concat(shell.later).indexOf(url.pathname) >= 0) event.respondWith(file(event.request));
  else if (event.request.mode === "navigate" && url.pathname === own) event.respondWith(page(event.request, url.pathname));
});
worker.addEventListener("message", (event) => {
  if (event.data === "renew") void worker.skipWaiting();
});

async function fill(): Promise<void> {
  const cache = await caches.open(cacheName);
  const get = async (path: string, ask: RequestInit) => {
    const answer = await fetch(path, ask);
    if (!answer.ok || answer.redirected) throw new Error("sw: " + path + ": " + answer.status);
    await cache.put(path, answer);
  };
  const language = new URL(worker.location.href).searchParams.get("lang") || "vi";
  const pages = { credentials: "omit", cache: "no-store", headers: { "Accept-Language": language } } as RequestInit;
  await Promise.all([get(own, pages), ...shell.files.map((p) => get(p, { credentials: "omit" }))]);
}

async function tidy(): Promise<void> {
  for (const name of await caches.keys()) if (name.indexOf(prefix) === 0 && name !== cacheName) await caches.delete(name);
  await worker.clients.claim();
}

async function file(request: Request): Promise<Response> {
  const cache = await caches.open(cacheName);
  const kept = await cache.match(request.url);
  if (kept) return kept;
  const fresh = await fetch(request);
  if (fresh.ok) await cache.put(request.url, fresh.clone());
  return fresh;
}

/** page asks the network first and is not patient. */
async function page(request: Request, path: string): Promise<Response> {
  const kept = caches.match(path, { cacheName });
  const late = new Promise<undefined>((resolve) => setTimeout(resolve, waitMs));
  const fresh = fetch(request).catch(() => undefined);
  const first = await Promise.race([fresh, late]);
  if (first && first.status < 500) return first;
  return (await kept) || (await fresh) || Response.error();
}

export {};
