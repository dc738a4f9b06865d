/**
 * <prompt-history popover>: every prompt that was sent, newest first, with search. Its search field and
 * list are in its HTML; a pick is told as `prompt-picked` {text} on `document`. More comes as one scrolls.
 */

import { t } from "../../static/js/i18n.js";
import { distinct, fetchPast } from "./past.js";

const TYPING_MS = 150;

class PromptHistory extends HTMLElement {
  /** @type {AbortController|null} */
  #listening = null;
  #before = "";
  #isDone = false;
  #turn = 0;
  #timer = 0;

  connectedCallback() {
    this.#listening = new AbortController();
    const options = { signal: this.#listening.signal };
    this.addEventListener("toggle", (event) => {
      if (/** @type {ToggleEvent} */ (event).newState === "open") this.#begin();
    }, options);
    this.addEventListener("input", () => {
      window.clearTimeout(this.#timer);
      this.#timer = window.setTimeout(() => this.#begin(), TYPING_MS);
    }, options);
    this.addEventListener("click", this.#clicked, options);
    this.#list.addEventListener("scroll", () => {
      const { scrollTop, clientHeight, scrollHeight } = this.#list;
      if (scrollTop + clientHeight > scrollHeight - 200) this.#more();
    }, options);
  }

  disconnectedCallback() {
    this.#listening?.abort();
    window.clearTimeout(this.#timer);
  }

  get #list() {
    return /** @type {HTMLElement} */ (this.querySelector("[data-list]"));
  }

  get #query() {
    return /** @type {HTMLInputElement} */ (this.querySelector("input")).value.trim();
  }

  #begin() {
    this.#before = "";
    this.#isDone = false;
    this.#turn += 1;
    this.#more(true);
  }

  /** @param {boolean} [isFirst] */
  async #more(isFirst = false) {
    if (this.#isDone) return;
    this.#isDone = true;
    const turn = this.#turn;
    const prompts = await fetchPast({ query: this.#query, before: this.#before }).catch(() => []);
    if (turn !== this.#turn) return;
    if (isFirst) this.#list.replaceChildren();
    this.#list.append(...distinct(prompts.map((/** @type {any} */ p) => p.text)).map(row));
    this.#before = prompts.at(-1)?.id ?? "";
    this.#isDone = prompts.length === 0;
    if (!this.#list.childElementCount) this.#list.append(nothing(this.#query));
  }

  #clicked = (/** @type {MouseEvent} */ event) => {
    const button = event.target instanceof Element && event.target.closest("[data-text]");
    if (!(button instanceof HTMLElement)) return;
    this.hidePopover();
    document.dispatchEvent(new CustomEvent("prompt-picked", { detail: { text: button.dataset.text } }));
  };
}

/** @param {string} text */
function row(text) {
  const button = document.createElement("button");
  button.type = "button";
  button.dataset.text = text;
  const span = document.createElement("span");
  span.textContent = text;
  button.append(span);
  return button;
}

/** @param {string} query */
function nothing(query) {
  const note = document.createElement("p");
  note.className = "small dim";
  note.textContent = query ? t("No prompt has these words.") : t("What you send is kept here.");
  return note;
}

customElements.define("prompt-history", PromptHistory);
