/** Progress in numbers, written into the page as it comes, and the clocks that run between. */

import { t } from "../../static/js/i18n.js";

/**
 * `left_s` 0: longer than usual. `got_bytes`: of a clip that is coming in.
 * @param {{take_id: string, progress?: number|null, elapsed_s?: number, left_s?: number|null, got_bytes?: number}} news
 */
export function writeProgress({ take_id: id, progress, elapsed_s: elapsed, left_s: left, got_bytes: got }) {
  for (const clock of document.querySelectorAll(`[data-clock="${id}"]`)) {
    if (elapsed !== undefined) setClock(clock, elapsed, left ?? null);
  }
  if (progress === null || progress === undefined) {
    if (got) each(`[data-percent-after="${id}"]`, (number) => { number.textContent = `, ${megabytes(got)}`; });
    return;
  }
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
  begun.delete(clock);
  tick();
}

/**
 * What each clock was set to, and when in this page's own time. A part that comes from the server sets
 * the same element anew.
 * @type {WeakMap<Element, {from: string, at: number}>}
 */
const begun = new WeakMap();

/** Seconds since the clock was set. @param {Element} clock */
function since(clock) {
  const from = `${clock.getAttribute("data-elapsed")} ${clock.getAttribute("data-left")}`;
  const known = begun.get(clock);
  if (known?.from === from) return (performance.now() - known.at) / 1000;
  begun.set(clock, { from, at: performance.now() });
  return 0;
}

function tick() {
  for (const clock of document.querySelectorAll("[data-clock]")) {
    const passed = since(clock);
    const elapsed = Number(clock.getAttribute("data-elapsed")) + passed;
    const given = clock.getAttribute("data-left");
    const left = given === null ? null : Number(given) - passed;
    clock.textContent = clockWords(elapsed, left);
    each(`[data-left-words="${clock.getAttribute("data-clock")}"]`, (words) => {
      words.textContent = left === null ? "" : `${leftWords(left)}, `;
    });
  }
}

window.setInterval(tick, 1000);

/** "0:38 so far, about 0:50 left", "1:38 so far, longer than usual". @param {number} elapsed @param {number|null} left */
export function clockWords(elapsed, left) {
  const so_far = t("{elapsed} so far", { elapsed: minutes(elapsed) });
  if (left === null) return so_far;
  return so_far + (left > 0 ? t(", about {left} left", { left: minutes(Math.max(1, left)) }) : t(", longer than usual"));
}

/** "about 50 s left", "about 3 min left", "longer than usual". @param {number} seconds */
export function leftWords(seconds) {
  if (seconds <= 0) return t("longer than usual");
  return seconds < 90
    ? t("about {seconds} s left", { seconds: Math.max(1, Math.round(seconds)) })
    : t("about {minutes} min left", { minutes: Math.round(seconds / 60) });
}

/** "3.2 MB". @param {number} bytes */
function megabytes(bytes) {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** "0:38". @param {number} seconds */
export function minutes(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
