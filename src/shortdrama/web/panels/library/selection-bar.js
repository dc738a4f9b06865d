/**
 * <selection-bar>: what can be done with the selected assets. Follows `selection-changed`.
 */

import {
  addTag, giveRole, removeForGood, restoreAssets, trashAssets,
} from "../../static/js/asset-actions.js";
import { t } from "../../static/js/i18n.js";
import { rest } from "../../static/js/upload.js";
import { offerReferences } from "../../static/js/references.js";
import { fileSize } from "../../static/js/coming-words.js";

const DOWNLOADS_AT_ONCE = 8;
const DOWNLOADS_REST_MS = 1500;

class SelectionBar extends HTMLElement {
  /** @type {any[]} */
  #assets = [];
  /** @type {AbortController|null} */
  #listening = null;

  connectedCallback() {
    this.#listening = new AbortController();
    const options = { signal: this.#listening.signal };
    document.addEventListener("selection-changed", this.#follow, options);
    this.addEventListener("click", this.#clicked, options);
    this.addEventListener("submit", this.#tagged, options);
  }

  disconnectedCallback() {
    this.#listening?.abort();
  }

  #follow = (/** @type {Event} */ event) => {
    this.#assets = /** @type {CustomEvent} */ (event).detail.assets;
    const count = this.#assets.length;
    this.hidden = !count;
    const bytes = this.#assets.reduce((sum, asset) => sum + asset.bytes, 0);
    this.#say("[data-selected]", t("{count} selected", { count }));
    this.#say("[data-size]", fileSize(bytes));
    const where = this.#assets[0]?.trashed_at ? "trash" : "library";
    for (const part of this.querySelectorAll("[data-when]")) {
      part.toggleAttribute("hidden", part.getAttribute("data-when") !== where);
    }
  };

  /** @param {string} selector @param {string} text */
  #say(selector, text) {
    const part = this.querySelector(selector);
    if (part) part.textContent = text;
  }

  #clicked = (/** @type {MouseEvent} */ event) => {
    const button = event.target instanceof Element && event.target.closest("button");
    if (!(button instanceof HTMLElement)) return;
    const ids = this.#assets.map(({ id }) => id);
    if (button.dataset.role) {
      this.querySelector("#give-role")?.hidePopover();
      giveRole(this.#assets, button.dataset.role);
    }
    if (button.dataset.do === "use") offerReferences(this.#assets);
    if (button.dataset.do === "save") this.#save();
    if (button.dataset.do === "trash") trashAssets(ids);
    if (button.dataset.do === "restore") restoreAssets(ids);
    if (button.dataset.do === "remove") removeForGood(ids);
    if (button.dataset.do === "clear") this.#clear();
  };

  #tagged = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    const input = /** @type {HTMLInputElement} */ (form.elements.namedItem("tag"));
    addTag(this.#assets, input.value.trim());
    input.value = "";
    form.hidePopover();
  };

  async #save() {
    for (const [index, { url }] of this.#assets.entries()) {
      // Chromium drops what is asked for beyond ten downloads at once.
      if (index && index % DOWNLOADS_AT_ONCE === 0) await rest(DOWNLOADS_REST_MS);
      const link = Object.assign(document.createElement("a"), { href: `${url}?download=1`, download: "" });
      link.click();
    }
  }

  #clear() {
    const grid = /** @type {any} */ (document.querySelector("asset-grid"));
    grid?.selection.clear();
  }
}

customElements.define("selection-bar", SelectionBar);
