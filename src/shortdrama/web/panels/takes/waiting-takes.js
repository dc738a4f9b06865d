/**
 * <waiting-takes>: a card for each order of the shown shot that the server has not got yet. Holds a
 * <template> of the card; hidden while empty. Drawn from the outbox alone, so that it stands after a
 * reload with the server away; once the server has the order, the take's own card comes instead.
 */

import { t } from "../../static/js/i18n.js";
import { dismiss, outboxJobs } from "../../static/js/outbox.js";
import { isServerAway } from "../../static/js/presence.js";
import { page } from "../studio/page.js";

/** @typedef {import("../../static/js/outbox-jobs.js").Job} Job */

const PROMPT_LETTERS = 120;
const HEARD = ["outbox", "server-away", "server-back", "shot-opened"];

class WaitingTakes extends HTMLElement {
  /** Orders that could not be sent at once; the others are with the server before they are seen. */
  #late = new Set();
  /** @type {Map<string, Job>} what is shown */
  #jobs = new Map();
  #turn = 0;
  /** @type {AbortController|null} */
  #listening = null;

  connectedCallback() {
    this.#listening = new AbortController();
    const options = { signal: this.#listening.signal };
    for (const name of HEARD) document.addEventListener(name, this.#hear, options);
    this.addEventListener("click", this.#clicked, options);
    this.#draw();
  }

  disconnectedCallback() {
    this.#listening?.abort();
  }

  #hear = (/** @type {Event} */ event) => {
    const said = /** @type {CustomEvent} */ (event).detail;
    if (said?.what === "progress") return;
    if (said?.what === "trouble") this.#late.add(said.id);
    this.#draw();
  };

  async #draw() {
    const turn = this.#turn += 1;
    const all = await outboxJobs();
    if (turn !== this.#turn) return;
    const waiting = all.filter((job) => job.kind === "take" && job.state === "waiting");
    if (isServerAway()) waiting.forEach(({ id }) => this.#late.add(id));
    const shown = waiting.filter(({ id, order }) => order.shot_id === page.shot && this.#late.has(id));
    this.#jobs = new Map(shown.reverse().map((job) => [job.id, job]));
    this.#place();
  }

  /** Newest first, as the takes below. A card that stays is left alone: its button may have the focus. */
  #place() {
    const list = /** @type {HTMLElement} */ (this.querySelector("ol"));
    for (const card of [...list.children]) {
      if (!this.#jobs.has(card.getAttribute("data-job") ?? "")) card.remove();
    }
    [...this.#jobs.values()].forEach((job, index) => {
      const there = list.children[index];
      if (there?.getAttribute("data-job") !== job.id) list.insertBefore(this.#card(job), there ?? null);
    });
    this.hidden = !this.#jobs.size;
  }

  /** @param {Job} job */
  #card(job) {
    const template = /** @type {HTMLTemplateElement} */ (this.querySelector("template"));
    const card = /** @type {HTMLElement} */ (template.content.firstElementChild?.cloneNode(true));
    const write = (/** @type {string} */ slot, /** @type {string} */ text) => {
      const element = card.querySelector(`[data-slot="${slot}"]`);
      if (element) element.textContent = text;
    };
    card.dataset.job = job.id;
    write("prompt", job.name.trim().slice(0, PROMPT_LETTERS));
    write("detail", job.isKept === false
      ? t("This browser has no room to keep it: leave the page open")
      : t("Kept here, goes up by itself"));
    return card;
  }

  #clicked = (/** @type {MouseEvent} */ event) => {
    const button = event.target instanceof Element && event.target.closest("[data-withdraw]");
    const job = button && this.#jobs.get(button.closest("[data-job]")?.getAttribute("data-job") ?? "");
    if (job) dismiss(job);
  };
}

customElements.define("waiting-takes", WaitingTakes);
