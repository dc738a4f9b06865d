/**
 * <library-view>: filters, tags, search and order around the grid. The address says what is shown,
 * so that it can be reloaded, bookmarked and gone back to.
 */

import { t } from "../../static/js/i18n.js";
import { MetAssets } from "../../static/js/met-assets.js";

const TYPING_MS = 150;
const FRESH_MS = 400;
const TILE_KEY = "shortdrama.tile_px";

class LibraryView extends HTMLElement {
  #met = new MetAssets((id) => {
    const { assets } = this.#grid;
    return this.#grid.reveal(assets.findIndex((/** @type {any} */ asset) => asset.id === id));
  });
  /** @type {AbortController|null} */
  #listening = null;
  /** @type {number|undefined} */
  #typing;
  /** @type {number|undefined} */
  #counting;

  connectedCallback() {
    this.#listening = new AbortController();
    const options = { signal: this.#listening.signal };
    this.addEventListener("click", this.#clicked, options);
    this.addEventListener("input", this.#typed, options);
    this.addEventListener("change", this.#chosen, options);
    this.addEventListener("grid-changed", this.#filled, options);
    document.addEventListener("outbox", this.#came, options);
    window.addEventListener("popstate", () => this.#showAddress(), options);
    for (const name of ["assets-changed", "studio-event", "outbox"]) {
      document.addEventListener(name, this.#changed, options);
    }
    this.#sizeTiles(Number(localStorage.getItem(TILE_KEY)) || 0);
  }

  disconnectedCallback() {
    this.#listening?.abort();
    window.clearTimeout(this.#typing);
    window.clearTimeout(this.#counting);
  }

  get #grid() {
    return /** @type {any} */ (this.querySelector("asset-grid"));
  }

  #clicked = (/** @type {MouseEvent} */ event) => {
    const target = event.target instanceof Element ? event.target : null;
    const link = target?.closest("a[data-filter]");
    if (link instanceof HTMLAnchorElement && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      this.#goTo(filtered(new URL(link.href).searchParams));
    }
    const tag = target?.closest("[data-tag]")?.getAttribute("data-tag");
    if (tag) this.#goTo(toggledTag(new URLSearchParams(location.search), tag));
  };

  #typed = (/** @type {Event} */ event) => {
    const input = /** @type {HTMLInputElement} */ (event.target);
    if (input.name === "tile") this.#sizeTiles(Number(input.value));
    if (input.name !== "text") return;
    window.clearTimeout(this.#typing);
    this.#typing = window.setTimeout(() => this.#goTo(changed("text", input.value)), TYPING_MS);
  };

  #chosen = (/** @type {Event} */ event) => {
    const input = /** @type {HTMLSelectElement} */ (event.target);
    if (input.name === "sort") this.#goTo(changed("sort", input.value === "newest" ? "" : input.value));
  };

  /** @param {URLSearchParams} query */
  #goTo(query) {
    const text = query.toString();
    history.pushState(null, "", text ? `/library?${text}` : "/library");
    this.#showAddress();
  }

  #showAddress() {
    const query = new URLSearchParams(location.search);
    const current = query.get("trash") ? "trash" : query.get("role") || query.get("kind") || "all";
    for (const link of this.querySelectorAll("a[data-filter]")) {
      if (link.getAttribute("data-filter") === current) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
    const tags = query.getAll("tag");
    for (const button of this.querySelectorAll("[data-tag]")) {
      button.setAttribute("aria-pressed", String(tags.includes(button.getAttribute("data-tag") ?? "")));
    }
    const search = /** @type {HTMLInputElement} */ (this.querySelector("input[name=text]"));
    if (search !== document.activeElement) search.value = query.get("text") ?? "";
    const sort = /** @type {HTMLSelectElement} */ (this.querySelector("select[name=sort]"));
    sort.value = query.get("sort") ?? "newest";
    this.#grid.load(query);
  }

  #came = (/** @type {Event} */ event) => this.#met.hear(/** @type {CustomEvent} */ (event).detail);

  #filled = (/** @type {Event} */ event) => {
    this.#met.mark();
    const { count, hasMore } = /** @type {CustomEvent} */ (event).detail;
    const query = new URLSearchParams(location.search);
    const isSearch = Boolean(query.get("text") || query.getAll("tag").length);
    const found = this.querySelector("[data-found]");
    if (found) found.textContent = isSearch ? foundWords(count, hasMore) : "";
    const why = isSearch ? "search" : query.get("trash") ? "trash" : "all";
    for (const none of this.querySelectorAll("[data-none]")) {
      none.toggleAttribute("hidden", count > 0 || none.getAttribute("data-none") !== why);
    }
  };

  #changed = (/** @type {Event} */ event) => {
    const { kind = "", what = "done" } = /** @type {CustomEvent} */ (event).detail;
    if ((kind && !kind.startsWith("asset.")) || what !== "done") return;
    window.clearTimeout(this.#counting);
    this.#counting = window.setTimeout(() => this.#count(), FRESH_MS);
  };

  async #count() {
    const [counts, tags] = await Promise.all([
      fetch("/api/assets/counts").then((response) => response.json()),
      fetch("/api/tags").then((response) => response.json()),
    ]).catch(() => [null, null]);
    if (!counts) return;
    for (const number of this.querySelectorAll("[data-count]")) {
      number.textContent = String(counts[number.getAttribute("data-count") ?? ""] ?? 0);
    }
    this.#showTags(tags.map((/** @type {any} */ { tag }) => tag).slice(0, 40));
  }

  /** @param {string[]} tags most used first */
  #showTags(tags) {
    const pressed = new URLSearchParams(location.search).getAll("tag");
    const all = [...new Set([...pressed, ...tags])];
    this.querySelector("[data-tags]")?.replaceChildren(...all.map((tag) => {
      const button = document.createElement("button");
      Object.assign(button, { type: "button", className: "btn", textContent: tag });
      button.dataset.tag = tag;
      button.setAttribute("aria-pressed", String(pressed.includes(tag)));
      return button;
    }));
    this.querySelector("[data-tags-title]")?.toggleAttribute("hidden", !all.length);
  }

  /** @param {number} tile_px 0 leaves the style sheet's own size */
  #sizeTiles(tile_px) {
    if (!tile_px) return;
    localStorage.setItem(TILE_KEY, String(tile_px));
    const lib = /** @type {HTMLElement} */ (this.querySelector(".lib"));
    lib.style.setProperty("--tile", `${tile_px}px`);
    const range = /** @type {HTMLInputElement} */ (this.querySelector("input[name=tile]"));
    range.value = String(tile_px);
    this.#grid.redraw?.();
  }
}

/** A filter keeps the search, the tags and the order. @param {URLSearchParams} chosen */
function filtered(chosen) {
  const query = new URLSearchParams(location.search);
  for (const name of ["role", "kind", "trash"]) query.delete(name);
  for (const [name, value] of chosen) query.set(name, value);
  return query;
}

/** @param {string} name @param {string} value */
function changed(name, value) {
  const query = new URLSearchParams(location.search);
  if (value) query.set(name, value);
  else query.delete(name);
  return query;
}

/** @param {URLSearchParams} query @param {string} tag */
function toggledTag(query, tag) {
  const tags = query.getAll("tag");
  query.delete("tag");
  const wanted = tags.includes(tag) ? tags.filter((other) => other !== tag) : [...tags, tag];
  for (const each of wanted) query.append("tag", each);
  return query;
}

/** @param {number} count @param {boolean} hasMore */
function foundWords(count, hasMore) {
  return hasMore ? t("{count}+ found", { count }) : t("{count} found", { count });
}

customElements.define("library-view", LibraryView);
