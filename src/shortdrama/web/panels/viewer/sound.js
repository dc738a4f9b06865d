/** Volume and mute of the player, kept for the next clip and the next visit. */

const VOLUME = "viewer:volume";
const MUTED = "viewer:muted";

/** @param {HTMLVideoElement} video */
export function soundOf(video) {
  return {
    toggle() {
      video.muted = !video.muted;
      localStorage.setItem(MUTED, String(video.muted));
    },
  };
}

/**
 * Give the clip the kept volume, and show its sound as it changes.
 * @param {HTMLElement} player
 * @param {HTMLVideoElement} video
 * @param {AbortSignal} signal
 */
export function followSound(player, video, signal) {
  const slider = /** @type {HTMLInputElement} */ (player.querySelector("[data-volume]"));
  const kept = Number(localStorage.getItem(VOLUME) ?? 1);
  video.volume = Number.isFinite(kept) ? Math.min(1, Math.max(0, kept)) : 1;
  video.muted = localStorage.getItem(MUTED) === "true";
  const draw = () => show(player, video, slider);
  slider.addEventListener("input", () => {
    video.volume = Number(slider.value) / 100;
    video.muted = false;
    localStorage.setItem(VOLUME, String(video.volume));
    localStorage.setItem(MUTED, "false");
  }, { signal });
  video.addEventListener("volumechange", draw, { signal });
  draw();
}

/** @param {HTMLElement} player @param {HTMLVideoElement} video @param {HTMLInputElement} slider */
function show(player, video, slider) {
  const isSilent = video.muted || video.volume === 0;
  slider.value = String(Math.round((video.muted ? 0 : video.volume) * 100));
  player.querySelector("[data-key=mute]")?.setAttribute("aria-pressed", String(video.muted));
  player.querySelector("[popovertarget=volume] use")?.setAttribute("href", isSilent ? "#i-mute" : "#i-vol");
}
