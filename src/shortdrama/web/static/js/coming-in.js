/**
 * <coming-in>: the files on their way into the library, one tile each: its progress, why it waits,
 * or that it was here already. Holds a <template> of the tile; hidden while empty.
 * A file that is in leaves at once; "already here" goes by itself after a while. What was refused
 * is shown by <refused-files>, an order by the prompt and the takes.
 */

import { t } from "./i18n.js";
import { jobBlob } from "./outbox-jobs.js";
import { dismiss, outboxJobs } from "./outbox.js";
import { isServerAway } from "./presence.js";
import { megabytes, stateWords } from "./coming-words.js";

/** @typedef {import("./outbox-jobs.js").Job} Job */
/**
 * @typedef {{job: Job, sent: number, trouble: string, twin: any, cameBack: boolean,
 *   tile: HTMLElement, timer: number|undefined}} Row
 */

const TWIN_STAYS_MS = 6000;

class ComingIn extends HTMLElement {
  /** @type {Map<string, Row>} */
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
    if (said.what === "removed" || said.what === "refused") this.#drop(said.id);
    if (said.what === "progress") Object.assign(row, { sent: said.sent, trouble: "" });
    if (said.what === "trouble") row.trouble = said.message;
    if (said.what === "done") this.#finish(row, said);
    if (this.#rows.has(said.id)) this.#draw(row);
  };

  /** @param {Job} job */
  #add(job) {
    if (job.kind !== "file" || job.state === "refused" || this.#rows.has(job.id)) return;
    const template = /** @type {HTMLTemplateElement} */ (this.querySelector("template"));
    const tile = /** @type {HTMLElement} */ (template.content.firstElementChild?.cloneNode(true));
    const timer = undefined;
    const row = { job, sent: 0, trouble: "", twin: null, cameBack: false, tile, timer };
    tile.dataset.job = job.id;
    this.#rows.set(job.id, row);
    this.querySelector("[data-tiles]")?.append(tile);
    this.#draw(row);
    this.#showPicture(row);
  }

  /** @param {Row} row */
  async #showPicture({ job, tile }) {
    if (!/\.(jpe?g|png|webp|avif|gif)$/i.test(job.name)) return;
    const blob = await jobBlob(job.id);
    if (!blob || !this.#rows.has(job.id)) return;
    const image = /** @type {HTMLImageElement} */ (tile.querySelector("img"));
    // A wrong picture says so by failing; the icon beneath stays then.
    image.onload = () => { image.hidden = false; tile.dataset.hasPicture = ""; };
    image.src = URL.createObjectURL(blob);
  }

  /** @param {Row} row @param {any} said */
  #finish(row, said) {
    if (!said.wasHere) {
      this.#drop(row.job.id);
      return;
    }
    Object.assign(row, { twin: said.asset, cameBack: Boolean(said.cameBack), sent: row.job.size });
    this.#leaveSoon(row);
  }

  /** Not while it is pointed at or holds the focus. @param {Row} row */
  #leaveSoon(row) {
    window.clearTimeout(row.timer);
    row.timer = window.setTimeout(() => {
      if (row.tile.matches(":hover, :focus-within")) this.#leaveSoon(row);
      else this.#drop(row.job.id);
    }, TWIN_STAYS_MS);
  }

  /** @param {Row} row */
  #draw({ job, sent, trouble, twin, cameBack, tile }) {
    const isWaiting = !twin && (isServerAway() || Boolean(trouble));
    const isBusy = !twin && !isWaiting;
    tile.dataset.state = twin ? "twin" : isWaiting ? "waiting" : "busy";
    tile.classList.toggle("busy", isBusy);
    const percent = job.size ? Math.floor((sent / job.size) * 100) : 0;
    const bar = tile.querySelector("progress");
    if (bar) {
      bar.value = percent;
      bar.hidden = !isBusy;
      bar.setAttribute("aria-label", t("Uploading {name}", { name: job.name }));
    }
    tile.querySelector(".kind use")?.setAttribute("href", `#i-${isWaiting ? "cloudoff" : "up"}`);
    const words = stateWords({ isWaiting, job, trouble, twin, cameBack, percent });
    this.#say(tile, "badge", words.badge);
    this.#say(tile, "name", words.name);
    this.#say(tile, "detail", isBusy ? megabytes(sent, job.size) : words.detail);
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
    const row = this.#rows.get(id);
    window.clearTimeout(row?.timer);
    const address = row?.tile.querySelector("img")?.getAttribute("src");
    if (address) URL.revokeObjectURL(address);
    row?.tile.remove();
    this.#rows.delete(id);
    this.#showAny();
  }

  #showAny() {
    this.hidden = !this.#rows.size;
  }
}

customElements.define("coming-in", ComingIn);
