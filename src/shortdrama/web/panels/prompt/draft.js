/** What stands in the prompt box, kept on the server shortly after it was typed. */

import { askJson } from "../../static/js/upload.js";
import { page } from "../studio/page.js";

const SOON_MS = 400;

class DraftKeeper {
  #timer = 0;
  /** @type {{shot: string, text: string}|null} */
  #waiting = null;

  get isWaiting() {
    return this.#waiting !== null;
  }

  /** @param {string} shot @param {string} text */
  soon(shot, text) {
    this.#waiting = { shot, text };
    window.clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => this.flush(), SOON_MS);
  }

  /** Not any more: the shot is gone. @param {string} shot */
  drop(shot) {
    if (this.#waiting?.shot !== shot) return;
    window.clearTimeout(this.#timer);
    this.#waiting = null;
  }

  /** Now; also when the page goes away. */
  flush() {
    window.clearTimeout(this.#timer);
    const draft = this.#waiting;
    this.#waiting = null;
    if (!draft) return;
    const headers = { "Content-Type": "application/json" };
    const body = JSON.stringify({ text: draft.text });
    askJson(`/api/shots/${draft.shot}/draft`, { method: "PUT", headers, body, keepalive: body.length < 60_000 })
      // Away: the text stands in the field still, and the next letter tries again.
      .catch(() => { this.#waiting ??= draft; });
  }
}

export const keepDraft = new DraftKeeper();

window.addEventListener("pagehide", () => keepDraft.flush());
document.addEventListener("server-back", () => keepDraft.flush());

/** @param {string} shot @returns {Promise<string|null>} */
export async function loadDraft(shot) {
  const shots = await askJson(`/api/shots?episode=${page.episode}`, {}).catch(() => []);
  return shots.find((/** @type {any} */ each) => each.id === shot)?.prompt_text ?? null;
}
