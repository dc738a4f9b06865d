/**
 * <file-drop>: files come in by drop anywhere on the page, by paste and by any button with
 * `data-choose-files` (its value is the files' role, if any). Holds a veil (shown while files hover over the page) and a hidden
 * <input type="file" multiple>; both are in its HTML. Hands everything to the outbox.
 */

import { droppedFiles } from "./dropped-files.js";
import { enqueueFiles } from "./outbox.js";

class FileDrop extends HTMLElement {
  #depth = 0;
  #role = "";
  /** @type {AbortController|null} */
  #listening = null;

  connectedCallback() {
    this.#listening = new AbortController();
    const options = { signal: this.#listening.signal };
    document.addEventListener("dragenter", this.#enter, options);
    document.addEventListener("dragover", this.#over, options);
    document.addEventListener("dragleave", this.#leave, options);
    document.addEventListener("drop", this.#drop, options);
    document.addEventListener("paste", this.#paste, options);
    document.addEventListener("click", this.#choose, options);
    this.#input.addEventListener("change", this.#chosen, options);
  }

  disconnectedCallback() {
    this.#listening?.abort();
  }

  get #input() {
    return /** @type {HTMLInputElement} */ (this.querySelector("input"));
  }

  #enter = (/** @type {DragEvent} */ event) => {
    if (!bringsFiles(event.dataTransfer)) return;
    this.#depth += 1;
    this.#showVeil(true);
  };

  #over = (/** @type {DragEvent} */ event) => {
    if (!bringsFiles(event.dataTransfer)) return;
    event.preventDefault();
    if (event.dataTransfer) event.dataTransfer.dropEffect = "copy";
  };

  #leave = (/** @type {DragEvent} */ event) => {
    if (!bringsFiles(event.dataTransfer)) return;
    this.#depth = Math.max(0, this.#depth - 1);
    if (!this.#depth) this.#showVeil(false);
  };

  #drop = async (/** @type {DragEvent} */ event) => {
    if (!event.dataTransfer || !bringsFiles(event.dataTransfer)) return;
    event.preventDefault();
    this.#depth = 0;
    this.#showVeil(false);
    await enqueueFiles(await droppedFiles(event.dataTransfer));
  };

  #paste = async (/** @type {ClipboardEvent} */ event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    // A copied table or page brings text and a picture of it: text is meant for the prompt.
    if (!files.length || event.clipboardData?.types.includes("text/plain")) return;
    event.preventDefault();
    await enqueueFiles(files);
  };

  #choose = (/** @type {MouseEvent} */ event) => {
    if (!(event.target instanceof Element)) return;
    const button = event.target.closest("[data-choose-files]");
    if (!button) return;
    this.#role = button.getAttribute("data-choose-files") ?? "";
    this.#input.click();
  };

  #chosen = async () => {
    const files = [...(this.#input.files ?? [])];
    this.#input.value = "";
    await enqueueFiles(files, this.#role);
  };

  /** @param {boolean} isShown */
  #showVeil(isShown) {
    const veil = this.querySelector("[data-veil]");
    veil?.toggleAttribute("hidden", !isShown);
  }
}

/** @param {DataTransfer|null} data */
function bringsFiles(data) {
  return data?.types.includes("Files") ?? false;
}

customElements.define("file-drop", FileDrop);
