/** One tab plays at a time: whoever starts last is heard, and the others pause. */

import { newHexId } from "../../static/js/hex-id.js";

const channel = new BroadcastChannel("shortdrama-playing");
const tab = newHexId();
/** When this tab began, as a text that sorts; the tab's name decides within a millisecond. */
let begun = "";

/** @param {HTMLVideoElement} video @param {AbortSignal} signal */
export function playAlone(video, signal) {
  video.addEventListener("play", () => {
    if (video.paused) return;
    begun = `${String(Date.now()).padStart(16, "0")} ${tab}`;
    channel.postMessage(begun);
  }, { signal });
  channel.addEventListener("message", ({ data }) => {
    // Where two begin at once each hears of the other: only the earlier one gives way.
    if (!video.paused && data > begun) video.pause();
  }, { signal });
}
