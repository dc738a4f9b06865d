/**
 * <asset-menu>: what can be done with one asset. Opens from a tile's "more" button, or by context
 * menu or Shift+F10 on a tile. The menu (a popover; menus.js moves through it by keys) and the dialog
 * for name and tags are in its HTML.
 */

import {
  changeAsset, removeForGood, restoreAssets, trashAssets,
} from "./asset-actions.js";
import { assetOf } from "./asset-tile.js";

class AssetMenu extends HTMLElement {
  /** @type {any} */
  #asset = null;
  /** @type {AbortController|null} */
  #listening = null;

  connectedCallback() {
    this.#listening = new AbortController();
    const options = { signal: this.#listening.signal };
    document.addEventListener("click", this.#opened, options);
    document.addEventListener("contextmenu", this.#opened, options);
    this.addEventListener("click", this.#chosen, options);
    this.#dialog.addEventListener("close", this.#answered, options);
  }

  disconnectedCallback() {
    this.#listening?.abort();
  }

  get #menu() {
    return /** @type {HTMLElement} */ (this.querySelector("[popover]"));
  }

  get #dialog() {
    return /** @type {HTMLDialogElement} */ (this.querySelector("dialog[data-edit]"));
  }

  #opened = (/** @type {MouseEvent} */ event) => {
    const target = event.target instanceof Element ? event.target : null;
    const tile = target?.closest("[data-asset-id]");
    const isAsked = event.type === "contextmenu" || target?.closest("[data-slot='more']");
    if (!tile || !isAsked) return;
    event.preventDefault();
    this.#asset = assetOf(tile);
    const box = (target?.closest("[data-slot='more']") ?? tile).getBoundingClientRect();
    // A context menu from the keyboard has no pointer: then it opens at the tile.
    const hasPointer = event.clientX > 0 || event.clientY > 0;
    this.#show(hasPointer ? event.clientX : box.left, hasPointer ? event.clientY : box.bottom);
  };

  /** @param {number} x @param {number} y */
  #show(x, y) {
    const inTrash = Boolean(this.#asset.trashed_at);
    for (const item of this.#items) {
      const wants = item.dataset.when;
      item.hidden = Boolean(wants) && (wants === "trash") !== inTrash;
      if (item.dataset.role) item.ariaChecked = String(item.dataset.role === this.#asset.role);
    }
    this.querySelector("a[data-open]")?.setAttribute("href", this.#asset.url);
    this.querySelector("a[data-save]")?.setAttribute("href", `${this.#asset.url}?download=1`);
    this.#menu.showPopover();
    const { width, height } = this.#menu.getBoundingClientRect();
    this.#menu.style.left = `${Math.max(4, Math.min(x, innerWidth - width - 4))}px`;
    this.#menu.style.top = `${Math.max(4, Math.min(y, innerHeight - height - 4))}px`;
    this.#items.find((item) => !item.hidden)?.focus();
  }

  get #items() {
    return /** @type {HTMLElement[]} */ ([...this.#menu.querySelectorAll("[role^='menuitem']")]);
  }

  #chosen = (/** @type {MouseEvent} */ event) => {
    const target = event.target instanceof Element ? event.target : null;
    if (target?.closest("[data-cancel]")) this.#dialog.close("");
    const item = target?.closest("[role^='menuitem']");
    if (!(item instanceof HTMLElement)) return;
    this.#menu.hidePopover();
    const asset = this.#asset;
    if (item.dataset.role) changeAsset(asset, { role: item.dataset.role });
    if (item.dataset.do === "edit") this.#edit();
    if (item.dataset.do === "trash") trashAssets([asset.id]);
    if (item.dataset.do === "restore") restoreAssets([asset.id]);
    if (item.dataset.do === "remove") removeForGood([asset.id]);
  };

  #edit() {
    this.#field("name").value = this.#asset.name;
    this.#field("tags").value = this.#asset.tags.join(", ");
    this.#dialog.returnValue = "";
    this.#dialog.showModal();
  }

  #answered = () => {
    if (this.#dialog.returnValue !== "save") return;
    const tags = this.#field("tags").value.split(/[,，、]/).map((tag) => tag.trim()).filter(Boolean);
    changeAsset(this.#asset, { name: this.#field("name").value, tags });
  };

  /** @param {string} name */
  #field(name) {
    return /** @type {HTMLInputElement} */ (this.#dialog.querySelector(`[name="${name}"]`));
  }
}

customElements.define("asset-menu", AssetMenu);
