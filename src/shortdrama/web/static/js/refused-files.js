/**
 * <refused-files>: what the server said no to, one group below what is on its way: how many, each
 * with its sentence, taken off the list one by one or all at once. A few stand open; more are folded
 * so that they push nothing away, until the reader opens them.
 */

import { t } from "./i18n.js";
import { refusalWords } from "./coming-words.js";
import { dismiss, outboxJobs } from "./outbox.js";

/** @typedef {import("./outbox-jobs.js").Job} Job */

const OPEN_AT_MOST = 2;

class RefusedFiles extends HTMLElement {
  /** @type {Map<string, {job: Job, row: HTMLElement}>} */
  #refused = new Map();
  /** What the reader chose; null leaves it to the number. @type {boolean|null} */
  #isOpen = null;
  /** @type {AbortController|null} */
  #listening = null;

  async connectedCallback() {
    this.#listening = new AbortController();
    const options = { signal: this.#listening.signal };
    document.addEventListener("outbox", this.#hear, options);
    this.addEventListener("click", this.#clicked, options);
    for (const job of await outboxJobs()) if (job.state === "refused") this.#add(job);
  }

  disconnectedCallback() {
    this.#listening?.abort();
    for (const id of [...this.#refused.keys()]) this.#drop(id);
  }

  #hear = (/** @type {Event} */ event) => {
    const said = /** @type {CustomEvent} */ (event).detail;
    if (said.job?.state === "refused") this.#add(said.job);
    if (said.what === "removed") this.#drop(said.id);
  };

  /** @param {Job} job */
  #add(job) {
    if (this.#refused.has(job.id)) return;
    const template = /** @type {HTMLTemplateElement} */ (this.querySelector("template"));
    const row = /** @type {HTMLElement} */ (template.content.firstElementChild?.cloneNode(true));
    row.dataset.job = job.id;
    const says = refusalWords(job);
    /** @type {HTMLElement} */ (row.querySelector("[data-slot='says']")).textContent = says;
    row.querySelector("[data-dismiss]")?.setAttribute("aria-label", t("Dismiss: {what}", { what: says }));
    this.#refused.set(job.id, { job, row });
    this.querySelector("ul")?.prepend(row);
    this.#draw();
  }

  /** @param {string} id */
  #drop(id) {
    const row = this.#refused.get(id)?.row;
    if (!row) return;
    const hadFocus = row.contains(document.activeElement);
    const neighbour = row.nextElementSibling ?? row.previousElementSibling;
    row.remove();
    this.#refused.delete(id);
    this.#draw();
    if (hadFocus) neighbour?.querySelector("button")?.focus();
  }

  #draw() {
    const count = this.#refused.size;
    if (!count) this.#isOpen = null;
    const isOpen = this.#isOpen ?? count <= OPEN_AT_MOST;
    this.hidden = !count;
    this.querySelector("[data-fold]")?.setAttribute("aria-expanded", String(isOpen));
    this.querySelector("ul")?.toggleAttribute("hidden", !isOpen);
    this.querySelector("[data-dismiss-all]")?.toggleAttribute("hidden", count < 2);
    const words = /** @type {HTMLElement} */ (this.querySelector("[data-slot='count']"));
    words.textContent = t("Not taken in: {count}", { count });
  }

  #clicked = async (/** @type {MouseEvent} */ event) => {
    const button = event.target instanceof Element && event.target.closest("button");
    if (!button) return;
    if (button.matches("[data-fold]")) {
      this.#isOpen = button.getAttribute("aria-expanded") !== "true";
      this.#draw();
    }
    const one = this.#refused.get(button.closest("[data-job]")?.getAttribute("data-job") ?? "");
    if (one) await dismiss(one.job);
    if (button.matches("[data-dismiss-all]")) {
      await Promise.all([...this.#refused.values()].map(({ job }) => dismiss(job)));
    }
  };
}

customElements.define("refused-files", RefusedFiles);
