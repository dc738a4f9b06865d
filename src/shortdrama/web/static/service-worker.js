/**
 * The page when the server is away: its shell from the cache, watched clips from IndexedDB.
 *
 * - Pages (/, /library): the server first; the kept copy where it does not answer.
 * - /static/<hash>/…: the cache first; a new version of the studio has new addresses.
 * - Clips (/media/…, asked for by a player): the server first, then store `videos`, with ranges.
 * - Everything else, /api and the event stream above all, never passes through here.
 *
 * Pages are the person's who is logged in: a log-in, a log-out or a session's end forgets them.
 *
 * The server writes its version into VERSION; another version is another cache, the old ones go.
 */

const VERSION = "__VERSION__";
const CACHE = `studio-${VERSION}`;
const PAGES = new Set(["/", "/library"]);
const PATIENCE_MS = 4000;
const LINKED = /(?:src|href)="(\/static\/[^"]+)"/g;
const IMPORTED = /(?:from|import)\s*\(?\s*["'](\.{1,2}\/[^"']+\.js)["']/g;
const WORKED = /new URL\(\s*["'](\.{1,2}\/[^"']+\.js)["']\s*,\s*import\.meta\.url/g;

const WAYS = new Set(["/login", "/logout"]);
/** Counts up as pages are forgotten: what was asked for before then is not kept. */
let era = 0;

self.addEventListener("install", (event) => {
  self.skipWaiting();
  event.waitUntil(Promise.all([...PAGES].map(keepPage)));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(takeOver());
});

self.addEventListener("message", (event) => {
  if (event.data?.what === "keep-page") event.waitUntil(keepPage(event.data.url));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== location.origin) return;
  if (request.method === "POST" && WAYS.has(url.pathname)) event.waitUntil(forgetPages());
  if (request.method !== "GET") return;
  if (request.mode === "navigate" && PAGES.has(url.pathname)) event.respondWith(page(event, url));
  else if (url.pathname.startsWith("/static/")) event.respondWith(fixed(request));
  else if (isClip(request, url)) event.respondWith(clip(request, url));
});

async function takeOver() {
  await self.registration.navigationPreload?.enable();
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith("studio-") && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
  await self.clients.claim();
}

/* Pages */

async function page(event, url) {
  const begun = era;
  const asked = (async () => (await event.preloadResponse) ?? fetch(event.request))();
  const kept = await keptPage(url);
  const answer = await Promise.race([asked.catch(() => null), kept ? patience() : asked.catch(() => null)]);
  if (answer && answer.status < 500) {
    if (answer.ok) event.waitUntil(put(pageKey(url), answer.clone(), begun));
    if (answer.status === 401) event.waitUntil(forgetPages());
    return answer;
  }
  return kept ?? asked;
}

function patience() {
  return new Promise((resolve) => { setTimeout(resolve, PATIENCE_MS, null); });
}

async function keptPage(url) {
  const cache = await caches.open(CACHE);
  return (await cache.match(pageKey(url))) ?? cache.match(url.pathname);
}

/** A shot's page is kept by its shot; what else stands in the address is of the moment. */
function pageKey(url) {
  const shot = url.searchParams.get("shot");
  return shot ? `${url.pathname}?shot=${shot}` : url.pathname;
}

/** Fetch a page with all the scripts and styles it will ask for. */
async function keepPage(address) {
  const url = new URL(address, location.origin);
  const begun = era;
  const response = await fetch(url, { headers: { Accept: "text/html" } });
  if (!response.ok) return;
  const text = await response.clone().text();
  await put(pageKey(url), response, begun);
  await keepFixed(matches(text, LINKED, url.href), new Set());
}

async function keepFixed(addresses, seen) {
  await Promise.all(addresses.map(async (address) => {
    if (seen.has(address)) return;
    seen.add(address);
    const response = await fixed(new Request(address));
    if (!address.endsWith(".js") || !response.ok) return;
    const text = await response.text();
    const next = [...matches(text, IMPORTED, address), ...matches(text, WORKED, address)];
    await keepFixed(next, seen);
  }));
}

function matches(text, pattern, base) {
  return [...text.matchAll(pattern)].map((match) => new URL(match[1], base).href);
}

async function put(key, response, begun) {
  const cache = await caches.open(CACHE);
  if (begun === era) await cache.put(key, response);
}

async function forgetPages() {
  era += 1;
  const cache = await caches.open(CACHE);
  const pages = (await cache.keys()).filter(({ url }) => !new URL(url).pathname.startsWith("/static/"));
  await Promise.all(pages.map((kept) => cache.delete(kept)));
}

/* Styles and scripts */

async function fixed(request) {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(request.url);
  if (kept) return kept;
  const response = await fetch(request);
  if (response.ok) await cache.put(request.url, response.clone());
  return response;
}

/* Clips */

function isClip(request, url) {
  const asksPlayer = request.destination === "video" || request.headers.has("range");
  return asksPlayer && url.pathname.startsWith("/media/");
}

async function clip(request, url) {
  try {
    return await fetch(request);
  } catch (error) {
    const blob = await keptClip(url.pathname);
    if (!blob) throw error;
    return ranged(blob, request.headers.get("range"));
  }
}

function ranged(blob, range) {
  const type = blob.type || "video/mp4";
  const found = /^bytes=(\d*)-(\d*)$/.exec(range ?? "");
  if (!found || (!found[1] && !found[2])) {
    const headers = { "Content-Type": type, "Content-Length": String(blob.size), "Accept-Ranges": "bytes" };
    return new Response(blob, { headers });
  }
  const start = found[1] ? Number(found[1]) : Math.max(0, blob.size - Number(found[2]));
  const stop = found[1] && found[2] ? Math.min(blob.size, Number(found[2]) + 1) : blob.size;
  if (start >= stop) {
    return new Response(null, { status: 416, headers: { "Content-Range": `bytes */${blob.size}` } });
  }
  return new Response(blob.slice(start, stop, type), {
    status: 206,
    headers: {
      "Content-Type": type,
      "Content-Length": String(stop - start),
      "Content-Range": `bytes ${start}-${stop - 1}/${blob.size}`,
      "Accept-Ranges": "bytes",
    },
  });
}

/** The bytes of /media/<sha256>/<name>: the name may change, the bytes of a key never. */
async function keptClip(pathname) {
  const database = await openStore();
  if (!database) return null;
  const folder = pathname.slice(0, pathname.lastIndexOf("/") + 1);
  try {
    const videos = database.transaction("videos").objectStore("videos").index("videoUrl");
    const found = await answered(videos.get(IDBKeyRange.bound(folder, `${folder}\uffff`)));
    return found?.videoBlob ?? null;
  } finally {
    database.close();
  }
}

async function openStore() {
  const request = indexedDB.open("shortdrama");
  // The page lays the stores out; an empty database made here would keep it from doing so.
  request.onupgradeneeded = () => request.transaction.abort();
  return answered(request).catch(() => null);
}

function answered(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
