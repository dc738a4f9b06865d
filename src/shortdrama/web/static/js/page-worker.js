/**
 * The service worker's other end in the page.
 */

/** Register it when the page has settled; the first load pays nothing. */
export function startServiceWorker() {
  if (!("serviceWorker" in navigator)) return;
  const register = () => navigator.serviceWorker.register("/service-worker.js").catch(() => {});
  if (document.readyState === "complete") window.setTimeout(register, 0);
  else window.addEventListener("load", () => window.setTimeout(register, 0), { once: true });
}

/** Keep the pages as the server shows them now, to the person who is logged in now. */
export function keepPages() {
  for (const url of ["/", "/library"]) {
    navigator.serviceWorker?.controller?.postMessage({ what: "keep-page", url });
  }
}

/** No kept page, so that the next person in this browser does not see this one's. */
export async function forgetPages() {
  const names = (await caches.keys()).filter((name) => name.startsWith("studio-"));
  await Promise.all(names.map(async (name) => {
    const cache = await caches.open(name);
    const pages = (await cache.keys()).filter(({ url }) => !new URL(url).pathname.startsWith("/static/"));
    await Promise.all(pages.map((page) => cache.delete(page)));
  }));
}

/** Keep this page as the server shows it now, for the time when it is away. */
export function keepThisPage() {
  navigator.serviceWorker?.controller?.postMessage({ what: "keep-page", url: location.href });
}
