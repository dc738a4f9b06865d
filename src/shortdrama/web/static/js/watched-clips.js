/**
 * A clip that is watched is kept in this browser, so that it plays when the server is away.
 * Which take it is stands on the <video> or around it, in `data-take`.
 */

import { keepClip } from "./cache.js";
import { keepThisPage } from "./page-worker.js";
import { NoRoom } from "./local-store.js";

const SETTLE_MS = 400;
/** @type {Set<string>} */
const seen = new Set();

/** Called once a page. */
export function keepWatchedClips() {
  // "playing" does not bubble, but it can be caught on its way down.
  document.addEventListener("playing", ({ target }) => {
    if (target instanceof HTMLVideoElement && target.closest("[data-take]")) watch(target);
  }, true);
}

/** @param {HTMLVideoElement} video */
function watch(video) {
  const id = video.closest("[data-take]")?.getAttribute("data-take");
  const address = new URL(video.currentSrc || video.src).pathname;
  if (!id || !address.startsWith("/media/") || seen.has(address)) return;
  seen.add(address);
  // The player's own loading goes first.
  window.setTimeout(() => keep(id).catch((error) => {
    seen.delete(address);
    if (!(error instanceof NoRoom || error instanceof TypeError)) throw error;
  }), SETTLE_MS);
}

/** @param {string} id */
async function keep(id) {
  const response = await fetch(`/api/takes/${id}`);
  if (!response.ok) return;
  const take = await response.json();
  if (!take.video_url) return;
  await keepClip(take);
  keepThisPage();
}
