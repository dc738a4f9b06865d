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

/** Keep this page as the server shows it now, for the time when it is away. */
export function keepThisPage() {
  navigator.serviceWorker?.controller?.postMessage({ what: "keep-page", url: location.href });
}
