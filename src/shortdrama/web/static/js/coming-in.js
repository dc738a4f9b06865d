/**
 * <coming-in>: what is on its way into the library, one tile a job: its progress, why it waits, why
 * it was refused, or that it was here already. Holds a <template> of the tile; hidden while empty.
 * A file that is in leaves at once; "already here" and a refusal stay until they are dismissed.
 */

import { t } from "./i18n.js";
import { jobBlob } from "./outbox-jobs.js";
import { dismiss, outboxJobs } from "./outbox.js";
import { isServerAway } from "./presence.js";
import { megabytes, stateWords } from "./coming-words.js";

/** @typedef {import("./outbox-jobs.js").Job} Job */

class ComingIn extends HTMLElement {
  /** @type {Map<string, {job: Job, sent: number, trouble: string, twin: any, tile: HTMLElement}>} */
  #rows = new Map();
  /** @type {AbortController|null} */
  #listening = null;

  async connectedCallback() {
    this.#listening = new AbortController();
    const options = { signal: this.#listening.signal };
    document.addEventListener("outbox", this.#hear, options);
    document.addEventListener("server-away", this.#drawAll, options);
    document.addEventListener("server-back", this.#drawAll, options);
    this.addEventListener("click", this.#dismissed, options);
    for (const job of await outboxJobs()) this.#add(job);
  }

  disconnectedCallback() {
    this.#listening?.abort();
    for (const id of [...this.#rows.keys()]) this.#drop(id);
  }

  #hear = (/** @type {Event} */ event) => {
    const said = /** @type {CustomEvent} */ (event).detail;
    if (said.what === "added") this.#add(said.job);
    const row = this.#rows.get(said.id);
    if (!row) return;
    if (said.what === "removed") this.#drop(said.id);
    if (said.what === "progress") Object.assign(row, { sent: said.sent, trouble: "" });
    if (said.what === "trouble") row.trouble = said.message;
    if (said.what === "refused") row.job = said.job;
    if (said.what === "done") this.#finish(row, said);
    if (this.#rows.has(said.id)) this.#draw(row);
  };

  /** @param {Job} job */
  #add(job) {
    // An order shows in the prompt and among the takes; here it is only told when it was refused.
    if (this.#rows.has(job.id)) return;
    const template = /** @type {HTMLTemplateElement} */ (this.querySelector("template"));
    const tile = /** @type {HTMLElement} */ (template.content.firstElementChild?.cloneNode(true));
    const row = { job, sent: 0, trouble: "", twin: null, tile };
    tile.dataset.job = job.id;
    this.#rows.set(job.id, row);
    this.querySelector("[data-tiles]")?.append(tile);
    this.#draw(row);
    this.#showPicture(row);
  }

  /** @param {any} row */
  async #showPicture({ job, tile }) {
    if (job.kind !== "file" || !/\.(jpe?g|png|webp|avif|gif)$/i.test(job.name)) return;
    const blob = await jobBlob(job.id);
    if (!blob || !this.#rows.has(job.id)) return;
    const image = tile.querySelector("img");
    // A wrong picture says so by failing; the icon beneath stays then.
    image.onload = () => { image.hidden = false; tile.dataset.hasPicture = ""; };
    image.src = URL.createObjectURL(blob);
  }

  /** @param {any} row @param {any} said */
  #finish(row, said) {
    if (said.wasHere) Object.assign(row, { twin: said.asset, sent: row.job.size });
    else this.#drop(row.job.id);
  }

  /** @param {any} row */
  #draw({ job, sent, trouble, twin, tile }) {
    const state = job.state === "refused" ? "refused" : twin ? "twin" : "busy";
    const isWaiting = state === "busy" && (isServerAway() || Boolean(trouble));
    tile.hidden = job.kind === "take" && state !== "refused";
    tile.dataset.state = isWaiting ? "waiting" : state;
    tile.classList.toggle("refused", state === "refused");
    tile.classList.toggle("busy", state === "busy" && !isWaiting);
    const percent = job.size ? Math.floor((sent / job.size) * 100) : 0;
    const bar = tile.querySelector("progress");
    if (bar) {
      bar.value = percent;
      bar.hidden = state !== "busy" || isWaiting;
      bar.setAttribute("aria-label", t("Uploading {name}", { name: job.name }));
    }
    const icon = state === "refused" ? "failed" : isWaiting ? "cloudoff" : "up";
    tile.querySelector(".kind use")?.setAttribute("href", `#i-${icon}`);
    const words = stateWords({ state, isWaiting, job, trouble, twin, percent });
    this.#say(tile, "badge", words.badge);
    this.#say(tile, "name", words.name);
    const size = state === "busy" && !isWaiting ? megabytes(sent, job.size) : words.detail;
    this.#say(tile, "detail", size);
    this.#showAny();
  }

  /** @param {HTMLElement} tile @param {string} slot @param {string} text */
  #say(tile, slot, text) {
    const element = /** @type {HTMLElement} */ (tile.querySelector(`[data-slot="${slot}"]`));
    if (element.textContent !== text) element.textContent = text;
    element.hidden = !text;
  }

  #drawAll = () => { for (const row of this.#rows.values()) this.#draw(row); };

  #dismissed = async (/** @type {MouseEvent} */ event) => {
    const button = event.target instanceof Element && event.target.closest("[data-dismiss]");
    const id = button && button.closest("[data-job]")?.getAttribute("data-job");
    const row = id ? this.#rows.get(id) : null;
    if (!row) return;
    if (row.twin) this.#drop(row.job.id);
    else await dismiss(row.job);
  };

  /** @param {string} id */
  #drop(id) {
    const tile = this.#rows.get(id)?.tile;
    const address = tile?.querySelector("img")?.getAttribute("src");
    if (address) URL.revokeObjectURL(address);
    tile?.remove();
    this.#rows.delete(id);
    this.#showAny();
  }

  #showAny() {
    this.hidden = ![...this.#rows.values()].some(({ tile }) => !tile.hidden);
  }
}

customElements.define("coming-in", ComingIn);
