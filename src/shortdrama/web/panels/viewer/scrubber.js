/** The position slider of a player: draws where the clip stands, and asks for another place. */

import { t } from "../../static/js/i18n.js";

const STEP_S = 0.1;

export class Scrubber {
  #slider;
  #onSeek;
  #length_s = 0;

  /**
   * @param {HTMLElement} slider role slider, holding .in-out, .done and .head
   * @param {(time_s: number) => void} onSeek
   * @param {AbortSignal} signal
   */
  constructor(slider, onSeek, signal) {
    this.#slider = slider;
    this.#onSeek = onSeek;
    slider.addEventListener("pointerdown", this.#grab, { signal });
    slider.addEventListener("pointermove", this.#drag, { signal });
    slider.addEventListener("keydown", this.#key, { signal });
  }

  /** @param {number} time_s @param {number} length_s */
  show(time_s, length_s) {
    this.#length_s = length_s;
    const share = length_s ? Math.min(1, time_s / length_s) : 0;
    this.#part(".done").style.width = `${share * 100}%`;
    this.#part(".head").style.left = `${share * 100}%`;
    const now = time_s.toFixed(1);
    if (this.#slider.getAttribute("aria-valuenow") === now) return;
    this.#slider.setAttribute("aria-valuenow", now);
    this.#slider.setAttribute("aria-valuemax", length_s.toFixed(1));
    const words = t(String(this.#slider.dataset.words), { now, all: length_s.toFixed(1) });
    this.#slider.setAttribute("aria-valuetext", words);
  }

  /** @param {{from: number, to: number}} range @param {number} length_s */
  showRange({ from, to }, length_s) {
    const marks = this.#part(".in-out");
    marks.hidden = from <= 0 && to >= length_s;
    marks.style.left = `${(from / length_s) * 100}%`;
    marks.style.right = `${100 - (to / length_s) * 100}%`;
  }

  /** @param {string} selector */
  #part(selector) {
    return /** @type {HTMLElement} */ (this.#slider.querySelector(selector));
  }

  #grab = (/** @type {PointerEvent} */ event) => {
    this.#slider.setPointerCapture(event.pointerId);
    this.#seekTo(event.clientX);
  };

  #drag = (/** @type {PointerEvent} */ event) => {
    if (this.#slider.hasPointerCapture(event.pointerId)) this.#seekTo(event.clientX);
  };

  #key = (/** @type {KeyboardEvent} */ event) => {
    const now = Number(this.#slider.getAttribute("aria-valuenow"));
    /** @type {Record<string, number>} */
    const places = {
      ArrowLeft: now - STEP_S, ArrowDown: now - STEP_S, ArrowRight: now + STEP_S, ArrowUp: now + STEP_S,
      PageDown: now - 1, PageUp: now + 1, Home: 0, End: this.#length_s,
    };
    if (!(event.key in places) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.#onSeek(places[event.key]);
  };

  /** @param {number} x in client pixels */
  #seekTo(x) {
    const { left, width } = this.#slider.getBoundingClientRect();
    this.#onSeek(Math.min(1, Math.max(0, (x - left) / width)) * this.#length_s);
  }
}
