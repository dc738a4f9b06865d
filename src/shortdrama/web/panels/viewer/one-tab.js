/** One tab plays at a time: whoever starts last is heard, and the others pause. */

import { newHexId } from "../../static/js/hex-id.js";

const channel = new BroadcastChannel("shortdrama-playing");
const tab = newHexId();
/** When this tab began, as a text that sorts; the tab's name decides within a millisecond. */
let begun = "";
/** When the last of the other tabs began. */
let heard = "";
/** Whether the next play is the same one gone on, and no beginning. */
let isGoingOn = false;

/** @param {HTMLVideoElement} video @param {AbortSignal} signal */
export function playAlone(video, signal) {
  video.addEventListener("play", () => {
    const isBeginning = !isGoingOn;
    isGoingOn = false;
    if (video.paused || !isBeginning) return;
    begun = `${String(Date.now()).padStart(16, "0")} ${tab}`;
    channel.postMessage(begun);
  }, { signal });
  channel.addEventListener("message", ({ data }) => {
    if (data > heard) heard = data;
    // Where two begin at once each hears of the other: only the earlier one gives way.
    if (!video.paused && data > begun) video.pause();
  }, { signal });
}

/**
 * Whether a clip that has come to its end may play again: no other tab has begun meanwhile, which a
 * clip at its end, being paused, could not give way to.
 *
 * @param {HTMLVideoElement} video
 */
export function mayGoOn(video) {
  if (heard > begun) return false;
  isGoingOn = video.paused;
  return true;
}
