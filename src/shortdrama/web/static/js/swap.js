/**
 * Parts of the page from the server, put in place by htmx's morph.
 *
 * `load(url)` fetches an answer of `<hx-partial>`s and swaps each; `show(url, target, style)` one part.
 */

import htmx from "../vendor/htmx/htmx.esm.min.js";
import { markAway, markHere } from "./presence.js";

// htmx 4.0.1 leaves the state of a touched checkbox or select as it was (its issue 4030).
htmx.registerExtension("true-controls", {
  htmx_before_morph_node(/** @type {Element} */ _element, /** @type {any} */ { oldNode }) {
    if (oldNode === document.activeElement) return;
    if (oldNode instanceof HTMLInputElement && /^(checkbox|radio)$/.test(oldNode.type)) {
      queueMicrotask(() => { oldNode.checked = oldNode.defaultChecked; });
    }
    if (oldNode instanceof HTMLSelectElement) queueMicrotask(() => resetSelect(oldNode));
  },
});

/** @param {HTMLSelectElement} select */
function resetSelect(select) {
  for (const option of select.options) option.selected = option.defaultSelected;
}

/**
 * @param {string} url an answer of `<hx-partial>`s
 * @param {AbortSignal} [signal]
 * @returns {Promise<boolean>} false where the server gave no such answer
 */
export function load(url, signal) {
  return show(url, document.body, "none", signal);
}

/**
 * @param {string} url
 * @param {Element} target
 * @param {string} swap innerHTML, innerMorph, outerMorph …
 * @param {AbortSignal} [signal]
 */
export async function show(url, target, swap, signal) {
  const text = await fetchPart(url, signal);
  if (text === null || signal?.aborted) return false;
  await htmx.swap({ sourceElement: document.body, text, target, swap });
  return true;
}

/**
 * @param {string} url
 * @param {AbortSignal} [signal]
 * @returns {Promise<string|null>}
 */
async function fetchPart(url, signal) {
  try {
    const headers = { Accept: "text/html", "HX-Request": "true", "HX-Request-Type": "partial" };
    const response = await fetch(url, { headers, signal });
    if (response.status < 500) markHere();
    return response.ok ? await response.text() : null;
  } catch (error) {
    if (!signal?.aborted) markAway();
    return null;
  }
}
