/**
 * <asset-panel>: search, kinds and tiles at the left of the studio.
 *
 * A click on a tile picks it as a reference for the prompt: `reference-toggle` {asset, selected} on
 * `document`. The prompt answers with `references-changed` {ids}, which is what the tiles show.
 * Keeps its list fresh by `asset-changed` (the event stream) and `assets-changed` (this page).
 */

import { assetOf, markTile } from "../../static/js/asset-tile.js";
import { MetAssets } from "../../static/js/met-assets.js";
import { showPreview } from "../../static/js/asset-preview.js";

const TYPING_MS = 150;
const FRESH_MS = 250;

class AssetPanel extends HTMLElement {
  /** @type {Set<string>} */
  #picked = new Set();
  #met = new MetAssets((id) => this.querySelector(`[data-asset-id="${CSS.escape(id)}"]`));
  /** @type {AbortController|null} */
  #listening = null;
  /** @type {AbortController|null} */
  #asking = null;
  /** @type {number|undefined} */
  #timer;

  connectedCallback() {
    this.#listening = new AbortController();
    const options = { signal: this.#listening.signal };
    this.addEventListener("click", this.#clicked, options);
    this.addEventListener("input", () => this.#loadIn(TYPING_MS), options);
    document.addEventListener("references-changed", this.#references, options);
    document.addEventListener("assets-changed", () => this.#loadIn(0), options);
    document.addEventListener("studio-event", this.#event, options);
    document.addEventListener("outbox", this.#came, options);
    showPreview(this, options.signal);
  }

  disconnectedCallback() {
    this.#listening?.abort();
    this.#asking?.abort();
    window.clearTimeout(this.#timer);
  }

  #clicked = (/** @type {MouseEvent} */ event) => {
    const target = event.target instanceof Element ? event.target : null;
    const role = target?.closest("[data-show-role]");
    if (role instanceof HTMLElement) this.#showRole(role);
    const tile = target?.closest("[data-slot='face']")?.closest("[data-asset-id]");
    if (tile) this.#toggle(tile);
  };

  /** @param {HTMLElement} button */
  #showRole(button) {
    this.dataset.role = button.dataset.showRole;
    for (const other of this.querySelectorAll("[data-show-role]")) {
      other.setAttribute("aria-pressed", String(other === button));
    }
    this.#loadIn(0);
  }

  /** @param {Element} tile */
  #toggle(tile) {
    const asset = assetOf(tile);
    const selected = !this.#picked.has(asset.id);
    const detail = { asset, selected };
    // Shown at once; what the prompt answers may differ (it may take no more) and wins.
    if (selected) this.#picked.add(asset.id);
    else this.#picked.delete(asset.id);
    this.#mark();
    document.dispatchEvent(new CustomEvent("reference-toggle", { detail }));
  }

  #references = (/** @type {Event} */ event) => {
    this.#picked = new Set(/** @type {CustomEvent} */ (event).detail.ids);
    this.#mark();
  };

  #event = (/** @type {Event} */ event) => {
    const { kind } = /** @type {CustomEvent} */ (event).detail;
    if (kind.startsWith("asset.") || kind === "resync") this.#loadIn(FRESH_MS);
  };

  #came = (/** @type {Event} */ event) => {
    const said = /** @type {CustomEvent} */ (event).detail;
    if (said.asset) this.#loadIn(FRESH_MS);
    this.#met.hear(said);
  };

  /** @param {number} ms */
  #loadIn(ms) {
    window.clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => this.#load(), ms);
  }

  async #load() {
    this.#asking?.abort();
    this.#asking = new AbortController();
    const text = /** @type {HTMLInputElement} */ (this.querySelector("input[name=text]")).value;
    const query = new URLSearchParams({ text });
    if (this.dataset.role) query.set("role", this.dataset.role);
    try {
      const response = await fetch(`/panels/assets?${query}`, { signal: this.#asking.signal });
      if (response.ok) this.#show(await response.text());
    } catch {
      // Away or overtaken by the next letter: what is shown stays.
    }
  }

  /** @param {string} html rendered and escaped by the server */
  #show(html) {
    const list = /** @type {HTMLElement} */ (this.querySelector("[data-list]"));
    const focused = document.activeElement?.closest("[data-asset-id]")?.getAttribute("data-asset-id");
    list.innerHTML = html;
    const total = list.querySelector("[data-total]")?.getAttribute("data-total") ?? "";
    const count = this.querySelector("[data-count]");
    if (count) count.textContent = total === "0" ? "" : total;
    for (const part of this.querySelectorAll("[data-find]")) {
      part.toggleAttribute("hidden", total === "0");
    }
    if (focused) this.querySelector(`[data-asset-id="${focused}"] button`)?.focus();
    this.#mark();
  }

  #mark() {
    for (const tile of this.querySelectorAll("[data-asset-id]")) {
      markTile(tile, this.#picked.has(tile.getAttribute("data-asset-id") ?? ""));
    }
    this.#met.mark();
  }
}

customElements.define("asset-panel", AssetPanel);
