/** Walking through earlier prompts by the arrow keys of an empty field. */

import { askJson } from "../../static/js/upload.js";

const FETCHED = 50;

/** @param {{query?: string, before?: string, limit?: number}} [wish] newest first */
export function fetchPast({ query = "", before = "", limit = FETCHED } = {}) {
  const parameters = new URLSearchParams({ query, limit: String(limit) });
  if (before) parameters.set("before", before);
  return askJson(`/api/prompts?${parameters}`, {});
}

export class PastWalk {
  /** @type {string[]} */
  #texts = [];
  #at = -1;
  #written = "";

  /** Up from an empty field, or from a text that came from here. @param {string} text */
  canGoUp(text) {
    return text === "" || (this.#at >= 0 && text === this.#written);
  }

  /** @param {string} text */
  canGoDown(text) {
    return this.#at >= 0 && text === this.#written;
  }

  /** The next older text; null where there is none. */
  async older() {
    if (this.#at < 0) this.#texts = distinct((await fetchPast()).map((/** @type {any} */ p) => p.text));
    if (this.#at + 1 >= this.#texts.length) return null;
    this.#at += 1;
    this.#written = this.#texts[this.#at];
    return this.#written;
  }

  /** The next newer text; "" below the newest. */
  newer() {
    this.#at -= 1;
    this.#written = this.#at >= 0 ? this.#texts[this.#at] : "";
    return this.#written;
  }
}

/** Each text once, where it was last. Pure. @param {string[]} texts */
export function distinct(texts) {
  return [...new Set(texts)];
}
