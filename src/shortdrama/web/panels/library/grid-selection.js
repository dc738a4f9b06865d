/**
 * Which assets of a grid are selected, by pointer and by keys.
 *
 * Click toggles, Shift goes from the last one to this, Ctrl/Cmd+A takes all that are loaded, Escape
 * none, Delete throws away; arrows move. Tells `selection-changed` {assets} on the grid.
 */

import { trashAssets } from "../../static/js/asset-actions.js";

export class GridSelection {
  /** @type {any} */
  #grid;
  /** @type {Set<string>} */
  #ids = new Set();
  #anchor = -1;
  /** @type {() => void} */
  #draw;

  /**
   * @param {HTMLElement} grid an <asset-grid>
   * @param {() => void} draw shows the selection on the tiles
   */
  constructor(grid, draw) {
    this.#grid = grid;
    this.#draw = draw;
  }

  /** @param {AbortSignal} signal */
  listen(signal) {
    this.#grid.addEventListener("click", this.#clicked, { signal });
    this.#grid.addEventListener("keydown", this.#pressed, { signal });
  }

  /** @param {string} id */
  has(id) {
    return this.#ids.has(id);
  }

  clear() {
    this.#set(new Set());
  }

  /** @param {string[]} ids */
  drop(ids) {
    this.#set(new Set([...this.#ids].filter((id) => !ids.includes(id))));
  }

  #clicked = (/** @type {MouseEvent} */ event) => {
    const index = this.#indexOf(event.target, "[data-slot='face']");
    if (index < 0) return;
    if (event.shiftKey && this.#anchor >= 0) this.#selectTo(index);
    else this.#toggle(index);
  };

  /** @param {number} index */
  #toggle(index) {
    const { id } = this.#grid.assets[index];
    const ids = new Set(this.#ids);
    if (!ids.delete(id)) ids.add(id);
    this.#anchor = index;
    this.#set(ids);
  }

  /** @param {number} index */
  #selectTo(index) {
    const [from, to] = [this.#anchor, index].sort((a, b) => a - b);
    const between = this.#grid.assets.slice(from, to + 1);
    this.#set(new Set([...this.#ids, ...between.map((/** @type {any} */ { id }) => id)]));
  }

  #pressed = (/** @type {KeyboardEvent} */ event) => {
    const { columns } = this.#grid;
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns };
    const step = steps[/** @type {keyof typeof steps} */ (event.key)];
    if (step) this.#move(event, step);
    else if (event.key === "a" && (event.ctrlKey || event.metaKey)) this.#all(event);
    else if (event.key === "Escape" && this.#ids.size) this.clear();
    else if (event.key === "Delete" && this.#ids.size) this.#throwAway();
  };

  /** @param {KeyboardEvent} event @param {number} step */
  #move(event, step) {
    const index = this.#indexOf(event.target, "[data-asset-id]");
    const next = this.#grid.reveal(index + step);
    if (index < 0 || !next) return;
    event.preventDefault();
    next.querySelector("[data-slot='face']")?.focus();
    if (event.shiftKey) this.#toggle(index + step);
  }

  /** @param {KeyboardEvent} event */
  #all(event) {
    event.preventDefault();
    this.#set(new Set(this.#grid.assets.map((/** @type {any} */ { id }) => id)));
  }

  #throwAway() {
    const kept = this.#grid.assets.filter((/** @type {any} */ a) => this.#ids.has(a.id) && !a.trashed_at);
    if (kept.length) trashAssets(kept.map((/** @type {any} */ { id }) => id));
  }

  /** @param {EventTarget|null} target @param {string} selector */
  #indexOf(target, selector) {
    const part = target instanceof Element ? target.closest(selector) : null;
    const id = part?.closest("[data-asset-id]")?.getAttribute("data-asset-id");
    return id ? this.#grid.assets.findIndex((/** @type {any} */ asset) => asset.id === id) : -1;
  }

  /** @param {Set<string>} ids */
  #set(ids) {
    this.#ids = ids;
    this.#draw();
    const assets = this.#grid.assets.filter((/** @type {any} */ { id }) => ids.has(id));
    const detail = { assets };
    this.#grid.dispatchEvent(new CustomEvent("selection-changed", { detail, bubbles: true }));
  }
}
