/**
 * A tile of the library. Its HTML is in `assets/_tile.html`: the server fills it for the first page,
 * this clones and fills the same <template id="asset-tile"> for the rest.
 */

import { t } from "./i18n.js";

const ICONS = { picture: "picture", video: "clipv", sound: "sound", script: "words" };

/**
 * @param {any} asset as /api/assets gives it
 * @returns {HTMLElement}
 */
export function makeTile(asset) {
  const template = /** @type {HTMLTemplateElement} */ (document.getElementById("asset-tile"));
  const tile = /** @type {HTMLElement} */ (template.content.firstElementChild?.cloneNode(true));
  fillTile(tile, asset);
  return tile;
}

/**
 * @param {HTMLElement} tile
 * @param {any} asset
 */
export function fillTile(tile, asset) {
  tile.dataset.assetId = asset.id;
  tile.dataset.asset = JSON.stringify(asset);
  slot(tile, "name").textContent = asset.name;
  slot(tile, "face").title = asset.name;
  slot(tile, "more").setAttribute("aria-label", t("More about {name}", { name: asset.name }));
  slot(tile, "length").textContent = asset.duration_ms ? clock(asset.duration_ms) : "";
  slot(tile, "length").hidden = !asset.duration_ms;
  const picture = /** @type {HTMLImageElement} */ (slot(tile, "picture"));
  const address = tile.dataset.size === "large" ? asset.thumb_large_url : asset.thumb_small_url;
  if (address && picture.getAttribute("src") !== address) picture.src = address;
  picture.hidden = !address;
  const icon = slot(tile, "icon");
  icon.toggleAttribute("hidden", Boolean(address));
  icon.querySelector("use")?.setAttribute("href", `#i-${iconOf(asset.kind)}`);
}

/**
 * @param {Element} tile
 * @returns {any} the asset it shows
 */
export function assetOf(tile) {
  return JSON.parse(tile.getAttribute("data-asset") ?? "null");
}

/**
 * @param {Element} tile
 * @param {boolean} isSelected
 */
export function markTile(tile, isSelected) {
  tile.classList.toggle("selected", isSelected);
  const face = slot(tile, "face");
  if (face.getAttribute("aria-pressed") !== String(isSelected)) face.setAttribute("aria-pressed", String(isSelected));
}

/** @param {string} kind */
export function iconOf(kind) {
  return ICONS[/** @type {keyof typeof ICONS} */ (kind)] ?? "draft";
}

/** @param {number} duration_ms */
export function clock(duration_ms) {
  const seconds = Math.round(duration_ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/**
 * @param {Element} tile
 * @param {string} name
 * @returns {HTMLElement}
 */
function slot(tile, name) {
  return /** @type {HTMLElement} */ (tile.querySelector(`[data-slot="${name}"]`));
}
