/**
 * Which take the viewer shows. `showTake` puts one there; `hearTake` decides what news of a take
 * does to it: a finished clip plays at once, but one that is playing plays to its end first.
 */

import { show } from "../../static/js/swap.js";
import { noteShowing, page } from "../studio/page.js";
import { listDepth } from "../takes/older-takes.js";

const PROBLEMS = new Set(["failed", "uncertain", "stalled"]);
const BANNER = "connect-banner-hidden";
/** The take that plays next, once the one that plays has ended. */
let next = "";

/** @returns {any} the <take-player> that is there */
function player() {
  return document.querySelector("#main take-player");
}

/**
 * @param {string} take
 * @param {{isChosen?: boolean, plays?: boolean}} [how]
 */
export async function showTake(take, { isChosen = false, plays = false } = {}) {
  next = "";
  const stage = document.getElementById("main");
  if (take && player()?.dataset.take === take) {
    if (plays) playWhenSeen();
    return;
  }
  const query = new URLSearchParams({ shot: page.shot, take });
  if (!stage || !await show(`/panels/viewer?${query}`, stage, "innerHTML")) return;
  noteShowing(stage.querySelector("[data-take]")?.getAttribute("data-take") ?? "", { isChosen });
  placed();
  if (plays) playWhenSeen();
  await markShown();
}

/** A page that nobody sees would only be heard, and take the sound from one that is seen. */
function playWhenSeen() {
  if (document.hidden) document.addEventListener("visibilitychange", playWhenSeen, { once: true });
  else player()?.play();
}

/** The cards and the words under them go with the viewer. */
async function markShown() {
  const panel = document.getElementById("takes");
  const query = new URLSearchParams({ shot: page.shot, take: page.showing, ...listDepth() });
  if (panel) await show(`/panels/takes?${query}`, panel, "innerMorph");
}

/** @param {{take_id: string, status: string}} news of a take of this shot */
export async function hearTake({ take_id: take, status }) {
  if (status === "ready") await playWhenFree(take);
  else if (PROBLEMS.has(status) && !player()?.isPlaying) await showTake(take);
  else if (!player()) await refreshStage();
}

/** What is shown where no clip is: as it is now. */
export async function refreshStage() {
  const stage = document.getElementById("main");
  if (!stage || player()) return;
  const before = page.showing;
  if (!await show(`/panels/viewer?shot=${page.shot}`, stage, "innerHTML")) return;
  noteShowing(stage.querySelector("[data-take]")?.getAttribute("data-take") ?? "");
  placed();
  if (page.showing !== before) await markShown();
}

/** @param {string} take */
async function playWhenFree(take) {
  if (player()?.isPlaying && player().dataset.take !== take) next = take;
  else await showTake(take, { plays: true });
}

document.addEventListener("take-ended", () => {
  if (next) showTake(next, { plays: true });
});

document.addEventListener("shot-opened", () => { next = ""; placed(); });

/** What this browser keeps: toggles, and whether the banner was sent away. */
function placed() {
  for (const box of /** @type {NodeListOf<HTMLInputElement>} */ (document.querySelectorAll("#main [data-keep]"))) {
    const kept = localStorage.getItem(`viewer:${box.dataset.keep}`);
    if (kept !== null) box.checked = kept === "true";
  }
  const banner = document.getElementById("connect-banner");
  banner?.toggleAttribute("hidden", localStorage.getItem(BANNER) === "true");
}

document.addEventListener("change", (event) => {
  const box = event.target;
  if (!(box instanceof HTMLInputElement) || !box.dataset.keep) return;
  localStorage.setItem(`viewer:${box.dataset.keep}`, String(box.checked));
});

document.addEventListener("click", (event) => {
  if (!(event.target instanceof Element) || !event.target.closest("[data-do=hide-banner]")) return;
  localStorage.setItem(BANNER, "true");
  placed();
});

placed();
