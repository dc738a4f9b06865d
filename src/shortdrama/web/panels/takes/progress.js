/** Progress in numbers, written into the page as it comes, and the clocks that run between. */

import { t } from "../../static/js/i18n.js";

/**
 * @param {{take_id: string, progress?: number|null, elapsed_s?: number, left_s?: number|null}} news
 */
export function writeProgress({ take_id: id, progress, elapsed_s: elapsed, left_s: left }) {
  for (const clock of document.querySelectorAll(`[data-clock="${id}"]`)) {
    if (elapsed !== undefined) setClock(clock, elapsed, left ?? null);
  }
  if (progress === null || progress === undefined) return;
  each(`[data-bar="${id}"]`, (bar) => bar.setAttribute("value", String(progress)));
  each(`[data-ring="${id}"]`, (ring) => ring.setAttribute("stroke-dasharray", `${progress} 100`));
  each(`[data-percent="${id}"]`, (number) => { number.textContent = `${progress} %`; });
  each(`[data-percent-after="${id}"]`, (number) => { number.textContent = `, ${progress} %`; });
}

/** @param {string} selector @param {(element: Element) => void} work */
function each(selector, work) {
  document.querySelectorAll(selector).forEach(work);
}

/** @param {Element} clock @param {number} elapsed @param {number|null} left */
function setClock(clock, elapsed, left) {
  clock.setAttribute("data-elapsed", String(elapsed));
  if (left === null) clock.removeAttribute("data-left");
  else clock.setAttribute("data-left", String(left));
  begun.set(clock, performance.now());
  tick();
}

/** When each clock was last set, in this page's own time. @type {WeakMap<Element, number>} */
const begun = new WeakMap();

function tick() {
  for (const clock of document.querySelectorAll("[data-clock]")) {
    const now = performance.now();
    if (!begun.has(clock)) begun.set(clock, now);
    const since = (now - (begun.get(clock) ?? now)) / 1000;
    const elapsed = Number(clock.getAttribute("data-elapsed")) + since;
    const given = clock.getAttribute("data-left");
    const left = given === null ? null : Number(given) - since;
    clock.textContent = clockWords(elapsed, left);
    each(`[data-left-words="${clock.getAttribute("data-clock")}"]`, (words) => {
      words.textContent = left !== null && left > 0 ? `${leftWords(left)}, ` : "";
    });
  }
}

window.setInterval(tick, 1000);

/** "0:38 so far, about 0:50 left". @param {number} elapsed @param {number|null} left */
export function clockWords(elapsed, left) {
  const so_far = t("{elapsed} so far", { elapsed: minutes(elapsed) });
  return left !== null && left > 0
    ? so_far + t(", about {left} left", { left: minutes(left) })
    : so_far;
}

/** "about 50 s left", "about 3 min left". @param {number} seconds */
export function leftWords(seconds) {
  return seconds < 90
    ? t("about {seconds} s left", { seconds: Math.max(1, Math.round(seconds)) })
    : t("about {minutes} min left", { minutes: Math.round(seconds / 60) });
}

/** "0:38". @param {number} seconds */
export function minutes(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
