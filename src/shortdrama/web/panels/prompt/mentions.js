/**
 * `@` in the prompt offers cast, places, props and then files, as far as the model can use them; the one
 * that is chosen is written as `@Name` and becomes a reference. Marks of known names lie under the text.
 */

import { iconOf } from "../../static/js/asset-tile.js";
import { nextIndex, placeBeside } from "../../static/js/menus.js";
import { picture, symbol } from "./references.js";

/** @typedef {import("./references.js").Reference} Reference */

export class MentionMenu {
  #field;
  #menu;
  #model;
  /** @type {Reference[]} */
  #offered = [];
  #index = 0;
  /** @type {AbortController|null} */
  #asking = null;

  /**
   * @param {HTMLTextAreaElement} field
   * @param {HTMLElement} menu a manual popover, role listbox
   * @param {{choose: (asset: Reference) => void, kinds: () => string[]}} model what it can use now
   * @param {AbortSignal} signal
   */
  constructor(field, menu, model, signal) {
    this.#field = field;
    this.#menu = menu;
    this.#model = model;
    field.addEventListener("input", () => this.look(), { signal });
    field.addEventListener("keydown", this.#key, { signal });
    field.addEventListener("blur", () => window.setTimeout(() => this.close(), 150), { signal });
    menu.addEventListener("pointerdown", this.#press, { signal });
  }

  /** Offer what fits the word behind the `@` at the caret, if there is one. */
  async look() {
    const word = wordAt(this.#field.value, this.#field.selectionStart);
    this.#asking?.abort();
    if (word === null) { this.close(); return; }
    this.#asking = new AbortController();
    const query = new URLSearchParams([["text", word], ...this.#model.kinds().map((kind) => ["kind", kind])]);
    try {
      const response = await fetch(`/panels/mentions?${query}`, { signal: this.#asking.signal });
      const { assets } = await response.json();
      this.#show(assets ?? []);
    } catch {
      // Overtaken by the next letter, or the server is away: typing goes on.
    }
  }

  close() {
    if (this.#menu.matches(":popover-open")) this.#menu.hidePopover();
    this.#field.removeAttribute("aria-activedescendant");
    this.#offered = [];
  }

  /** @param {Reference[]} assets */
  #show(assets) {
    if (!assets.length || document.activeElement !== this.#field) { this.close(); return; }
    this.#offered = assets;
    this.#index = 0;
    this.#menu.replaceChildren(...assets.map((asset, index) => option(asset, index)));
    if (!this.#menu.matches(":popover-open")) this.#menu.showPopover();
    placeBeside(this.#menu, this.#field.getBoundingClientRect(), "above");
    this.#mark();
  }

  #mark() {
    [...this.#menu.children].forEach((item, index) => {
      item.setAttribute("aria-selected", String(index === this.#index));
    });
    this.#field.setAttribute("aria-activedescendant", `mention-${this.#index}`);
  }

  #key = (/** @type {KeyboardEvent} */ event) => {
    if (!this.#offered.length || event.isComposing) return;
    if (event.key === "Escape") this.close();
    else if (event.key === "Enter" || event.key === "Tab") this.#choose(this.#index);
    else {
      const next = /^Arrow/.test(event.key) ? nextIndex(event.key, this.#index, this.#offered.length) : null;
      if (next === null) return;
      this.#index = next;
      this.#mark();
    }
    event.preventDefault();
    event.stopImmediatePropagation();
  };

  #press = (/** @type {PointerEvent} */ event) => {
    const item = event.target instanceof Element && event.target.closest("[role=option]");
    event.preventDefault();
    if (item) this.#choose([...this.#menu.children].indexOf(item));
  };

  /** @param {number} index */
  #choose(index) {
    const asset = this.#offered[index];
    const caret = this.#field.selectionStart;
    const start = this.#field.value.lastIndexOf("@", caret - 1);
    const { text, skip } = mentionBefore(asset.name, this.#field.value.slice(caret));
    this.#field.setRangeText(text, start, caret, "end");
    const end = start + text.length + skip;
    this.#field.setSelectionRange(end, end);
    this.close();
    this.#model.choose(asset);
    this.#field.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

/** @param {Reference} asset @param {number} index */
function option(asset, index) {
  const button = document.createElement("button");
  button.type = "button";
  button.tabIndex = -1;
  button.id = `mention-${index}`;
  button.setAttribute("role", "option");
  const name = document.createElement("span");
  name.className = "cut-off";
  name.textContent = asset.name;
  button.append(asset.thumb_small_url ? picture(asset.thumb_small_url) : symbol(iconOf(asset.kind ?? "")), name);
  return button;
}

/**
 * What is written for a mention in front of a text, and how many of its letters the caret skips: one
 * space follows a mention, and one that is there already is enough. Pure.
 * @param {string} name
 * @param {string} rest behind the caret
 */
export function mentionBefore(name, rest) {
  if (/^[ \t]/.test(rest)) return { text: `@${name}`, skip: 1 };
  if (/^[\n.,;:!?)。，；：！？）]/u.test(rest)) return { text: `@${name}`, skip: 0 };
  return { text: `@${name} `, skip: 0 };
}

/**
 * The word between an `@` and the caret; null where the caret is in no mention. Pure.
 * @param {string} text
 * @param {number} caret
 */
export function wordAt(text, caret) {
  const match = /(?:^|[\s(（，。])@([^\s@]{0,40})$/u.exec(text.slice(0, caret));
  return match ? match[1] : null;
}

/**
 * The text cut at the mentions of known names, longest name first. Pure.
 * @param {string} text
 * @param {string[]} names
 * @returns {{text: string, isMention: boolean}[]}
 */
export function cutAtMentions(text, names) {
  const known = [...names].filter(Boolean).sort((a, b) => b.length - a.length);
  if (!known.length) return [{ text, isMention: false }];
  const escaped = known.map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return text.split(new RegExp(`(@(?:${escaped.join("|")}))`, "u"))
    .map((part, index) => ({ text: part, isMention: index % 2 === 1 }));
}
