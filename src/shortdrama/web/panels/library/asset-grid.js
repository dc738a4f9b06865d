/**
 * <asset-grid data-next-after>: all assets of a query, of which only those on screen are in the page.
 *
 * Takes over the tiles that came with the page, asks `/api/assets` for more before the end is
 * reached. Each section is a `.tiles` grid whose padding stands for the rows that are not drawn.
 * `load(query)` shows another query. Tells `grid-changed` {count, hasMore}; the selection is in
 * `grid-selection.js`.
 */

import { assetOf, fillTile, makeTile, markTile } from "../../static/js/asset-tile.js";
import { showPreview } from "../../static/js/asset-preview.js";
import { age, merged, sectionsOf, visibleRows } from "./grid-rows.js";
import { GridSelection } from "./grid-selection.js";

const PAGE = 200;
const MOST = 500; // what the server gives at once
const FRESH_MS = 250;
const AHEAD_ROWS = 8;
const ROW_GAP = 12;

class AssetGrid extends HTMLElement {
  /** @type {any[]} */
  #assets = [];
  /** @type {string|null} */
  #next = null;
  #query = new URLSearchParams(location.search);
  /** @type {{from: number, to: number, grid: HTMLElement}[]} */
  #sections = [];
  /** @type {Map<string, HTMLElement>} */
  #tiles = new Map();
  /** No spare rows until something moves: the first screen asks for its own pictures only. */
  #spare = 0;
  #isDrawing = false;
  /** @type {Promise<void>|null} */
  #loading = null;
  #generation = 0;
  /** @type {number|undefined} */
  #timer;
  /** @type {AbortController|null} */
  #listening = null;
  #selection = new GridSelection(this, () => this.#mark());

  connectedCallback() {
    this.#listening = new AbortController();
    const options = { signal: this.#listening.signal };
    for (const tile of this.querySelectorAll("[data-asset-id]")) this.#adopt(tile);
    this.#next = this.dataset.nextAfter || null;
    this.#scroller.addEventListener("scroll", this.#scrolled, { ...options, passive: true });
    document.addEventListener("assets-changed", this.#changed, options);
    document.addEventListener("studio-event", this.#event, options);
    document.addEventListener("outbox", this.#came, options);
    const resized = new ResizeObserver(() => this.redraw());
    resized.observe(this.#scroller);
    options.signal.addEventListener("abort", () => resized.disconnect());
    this.#selection.listen(options.signal);
    showPreview(this, options.signal);
    this.#layOut();
  }

  disconnectedCallback() {
    this.#listening?.abort();
    window.clearTimeout(this.#timer);
  }

  /** @returns {any[]} in their order, as far as they are loaded */
  get assets() {
    return this.#assets;
  }

  get selection() {
    return this.#selection;
  }

  /** @param {URLSearchParams} query the page's own parameters */
  async load(query) {
    this.#query = query;
    this.#selection.clear();
    this.#generation += 1;
    this.#loading = null;
    const page = await this.#ask({ limit: PAGE });
    if (!page) return;
    this.#scroller.scrollTop = 0;
    this.#show(page.assets, page.next_after);
  }

  /** Draw again, after a change of size. */
  redraw() {
    if (this.#isDrawing) return;
    this.#isDrawing = true;
    requestAnimationFrame(() => {
      this.#isDrawing = false;
      this.#draw();
    });
  }

  /** @param {number} index @returns {HTMLElement|null} the tile, brought on screen */
  reveal(index) {
    const asset = this.#assets[index];
    if (!asset) return null;
    const section = this.#sections.find(({ from, to }) => from <= index && index < to);
    if (!section) return null;
    const { columns, row_px } = this.#shape(section.grid);
    const top = this.#topOf(section.grid) + Math.floor((index - section.from) / columns) * row_px;
    const { scrollTop, clientHeight } = this.#scroller;
    if (top < scrollTop) this.#scroller.scrollTop = top - ROW_GAP;
    else if (top + row_px > scrollTop + clientHeight) {
      this.#scroller.scrollTop = top + row_px - clientHeight + ROW_GAP;
    }
    this.#draw();
    return this.#tiles.get(asset.id) ?? null;
  }

  /** How many tiles stand side by side. */
  get columns() {
    return this.#sections[0] ? this.#shape(this.#sections[0].grid).columns : 1;
  }

  get #scroller() {
    return /** @type {HTMLElement} */ (this.closest(".scroll"));
  }

  /** @param {Element} tile */
  #adopt(tile) {
    const asset = assetOf(tile);
    this.#assets.push(asset);
    this.#tiles.set(asset.id, /** @type {HTMLElement} */ (tile));
  }

  /** @param {any[]} assets @param {string|null} next */
  #show(assets, next) {
    this.#assets = assets;
    this.#next = next;
    this.#layOut();
  }

  /** Sections anew; the tiles that are there already are kept. */
  #layOut() {
    const now = new Date();
    const hasAges = ["", "newest", "oldest"].includes(this.#query.get("sort") ?? "");
    const runs = sectionsOf(this.#assets, ({ created_at }) => (hasAges ? age(created_at, now) : ""));
    const heads = [...this.querySelectorAll("h2")];
    const grids = /** @type {HTMLElement[]} */ ([...this.querySelectorAll(".tiles")]);
    this.#sections = runs.map(({ label, from, to }, index) => {
      const head = heads[index] ?? this.appendChild(newHead());
      const grid = grids[index] ?? this.appendChild(newGrid());
      // The page came with most of it: what is written again would be laid out again.
      if (head.textContent !== label) head.textContent = label;
      if (head.hidden === Boolean(label)) head.hidden = !label;
      return { from, to, grid };
    });
    for (const extra of [...heads.slice(runs.length), ...grids.slice(runs.length)]) extra.remove();
    this.#draw();
    const detail = { count: this.#assets.length, hasMore: this.#next !== null };
    this.dispatchEvent(new CustomEvent("grid-changed", { detail, bubbles: true }));
  }

  #draw() {
    const drawn = new Set();
    let last = 0;
    for (const section of this.#sections) {
      const { columns, row_px } = this.#shape(section.grid);
      const rows = Math.ceil((section.to - section.from) / columns);
      const view = this.#viewFrom(section.grid);
      const { first, stop } = visibleRows(view, { rows, row_px, spare: this.#spare });
      const from = section.from + first * columns;
      const to = Math.min(section.to, section.from + stop * columns);
      const above = stop ? first * row_px : Math.max(0, rows * row_px - ROW_GAP);
      pad(section.grid, above, stop ? (rows - stop) * row_px : 0);
      this.#place(section.grid, this.#assets.slice(from, to), drawn);
      if (stop) last = to;
    }
    for (const [id] of this.#tiles) if (!drawn.has(id)) this.#tiles.delete(id);
    this.#mark();
    if (this.#next && this.#assets.length - last < this.columns * AHEAD_ROWS) this.#loadMore();
  }

  /** @param {HTMLElement} grid @param {any[]} assets @param {Set<string>} drawn */
  #place(grid, assets, drawn) {
    const wanted = assets.map((asset) => this.#tileOf(asset));
    const staying = new Set(wanted);
    for (const tile of [...grid.children]) if (!staying.has(/** @type {any} */ (tile))) tile.remove();
    let at = grid.firstElementChild;
    for (const tile of wanted) {
      if (at === tile) at = at.nextElementSibling;
      else grid.insertBefore(tile, at);
      drawn.add(tile.dataset.assetId ?? "");
    }
  }

  /** @param {any} asset */
  #tileOf(asset) {
    const tile = this.#tiles.get(asset.id) ?? makeTile(asset);
    this.#tiles.set(asset.id, tile);
    return tile;
  }

  /** @param {HTMLElement} grid */
  #shape(grid) {
    const tracks = getComputedStyle(grid).gridTemplateColumns.split(" ");
    const sample = /** @type {HTMLElement|null} */ (this.querySelector("[data-asset-id]"));
    const tile_px = sample?.offsetHeight || parseFloat(tracks[0]) + 20;
    return { columns: tracks.length, row_px: tile_px + ROW_GAP };
  }

  /** @param {HTMLElement} grid */
  #topOf(grid) {
    const scroller = this.#scroller;
    const offset = grid.getBoundingClientRect().top - scroller.getBoundingClientRect().top;
    return offset + scroller.scrollTop;
  }

  /** @param {HTMLElement} grid */
  #viewFrom(grid) {
    const top = this.#scroller.scrollTop - this.#topOf(grid);
    return { top, bottom: top + this.#scroller.clientHeight };
  }

  #mark() {
    for (const [id, tile] of this.#tiles) markTile(tile, this.#selection.has(id));
  }

  #scrolled = () => {
    this.#spare = 2;
    this.redraw();
  };

  #loadMore() {
    this.#loading ??= this.#askMore(this.#generation).finally(() => { this.#loading = null; });
  }

  /** @param {number} generation */
  async #askMore(generation) {
    const page = await this.#ask({ limit: PAGE, after: this.#next });
    if (!page || generation !== this.#generation) return;
    const known = new Set(this.#assets.map(({ id }) => id));
    const more = page.assets.filter((/** @type {any} */ { id }) => !known.has(id));
    this.#show([...this.#assets, ...more], page.next_after);
  }

  async #refresh() {
    const { length } = this.#assets;
    const limit = Math.min(MOST, Math.max(PAGE, length));
    const page = await this.#ask({ limit });
    if (!page) return;
    const isAll = page.next_after === null;
    const hadAll = length <= page.assets.length;
    for (const asset of page.assets) this.#refill(asset);
    const next = isAll || hadAll ? page.next_after : this.#next;
    this.#show(merged(this.#assets, page.assets, isAll), next);
  }

  /** @param {Record<string, any>} more @returns {Promise<any>} null where it is overtaken or away */
  async #ask(more) {
    const query = new URLSearchParams(this.#query);
    for (const [name, value] of Object.entries(more)) query.set(name, String(value));
    const generation = this.#generation;
    const response = await fetch(`/api/assets?${query}`).catch(() => null);
    if (!response?.ok || generation !== this.#generation) return null;
    return response.json();
  }

  #changed = (/** @type {Event} */ event) => {
    const { assets, gone } = /** @type {CustomEvent} */ (event).detail;
    const left = new Set(gone);
    for (const asset of assets) this.#refill(asset);
    if (left.size) {
      this.#selection.drop(gone);
      this.#show(this.#assets.filter(({ id }) => !left.has(id)), this.#next);
    }
    this.#refreshSoon();
  };

  /** @param {any} asset */
  #refill(asset) {
    const index = this.#assets.findIndex(({ id }) => id === asset.id);
    if (index < 0) return;
    this.#assets[index] = asset;
    const tile = this.#tiles.get(asset.id);
    if (tile) fillTile(tile, asset);
  }

  #event = (/** @type {Event} */ event) => {
    const { kind } = /** @type {CustomEvent} */ (event).detail;
    if (kind.startsWith("asset.") || kind === "resync") this.#refreshSoon();
  };

  #came = (/** @type {Event} */ event) => {
    if (/** @type {CustomEvent} */ (event).detail.asset) this.#refreshSoon();
  };

  #refreshSoon() {
    window.clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => this.#refresh(), FRESH_MS);
  }
}

/** Room for the rows that are not drawn. @param {HTMLElement} grid @param {number} above_px @param {number} below_px */
function pad(grid, above_px, below_px) {
  const padding = above_px || below_px ? `${above_px}px 0 ${below_px}px` : "";
  if (grid.dataset.padding === padding || (!grid.dataset.padding && !padding)) return;
  grid.dataset.padding = padding;
  grid.style.padding = padding;
}

function newHead() {
  return Object.assign(document.createElement("h2"), { className: "label" });
}

function newGrid() {
  return Object.assign(document.createElement("div"), { className: "tiles" });
}

customElements.define("asset-grid", AssetGrid);
