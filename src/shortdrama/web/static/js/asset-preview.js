/**
 * A video's tile plays its short silent preview while it is pointed at or holds the focus.
 */

import { assetOf } from "./asset-tile.js";

const PAUSE_MS = 120;

/**
 * @param {HTMLElement} root whose tiles preview
 * @param {AbortSignal} signal ends it
 */
export function showPreview(root, signal) {
  /** @type {number|undefined} */
  let timer;
  const stop = () => {
    window.clearTimeout(timer);
    for (const video of root.querySelectorAll("video.preview")) video.remove();
  };
  const start = (/** @type {Event} */ event) => {
    const tile = event.target instanceof Element ? event.target.closest("[data-asset-id]") : null;
    if (tile?.querySelector("video.preview")) return;
    stop();
    if (tile && assetOf(tile).preview_url) timer = window.setTimeout(() => play(tile), PAUSE_MS);
  };
  root.addEventListener("pointerover", start, { signal });
  root.addEventListener("focusin", start, { signal });
  root.addEventListener("pointerleave", stop, { signal });
  root.addEventListener("focusout", stop, { signal });
  signal.addEventListener("abort", stop);
}

/** @param {Element} tile */
function play(tile) {
  if (!tile.isConnected) return;
  const video = document.createElement("video");
  Object.assign(video, { className: "preview", muted: true, loop: true, playsInline: true });
  video.src = assetOf(tile).preview_url;
  video.setAttribute("aria-hidden", "true");
  tile.querySelector(".pic")?.append(video);
  video.play().catch(() => video.remove());
}
