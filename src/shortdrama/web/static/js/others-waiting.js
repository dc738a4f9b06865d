/**
 * <others-waiting>: how many things of other people wait in this browser, in one line and without a
 * word of them; and what was made before anybody logged in, which goes up once somebody takes it over.
 */

import { t } from "./i18n.js";
import { claimJobs, othersJobs } from "./outbox-jobs.js";
import { outboxClaimed } from "./outbox.js";
import { isViewer } from "./person.js";

class OthersWaiting extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", this.#clicked);
    this.#draw();
  }

  disconnectedCallback() {
    this.removeEventListener("click", this.#clicked);
  }

  async #draw() {
    const { others, unclaimed } = await othersJobs();
    this.#say("others", othersWords(others.length));
    this.#say("unclaimed", unclaimedWords(unclaimed.length));
    this.querySelector("[data-claim]")?.toggleAttribute("hidden", !unclaimed.length || isViewer());
    this.hidden = !others.length && !unclaimed.length;
  }

  /** @param {string} slot @param {string} text */
  #say(slot, text) {
    const element = /** @type {HTMLElement} */ (this.querySelector(`[data-slot="${slot}"]`));
    element.textContent = text;
    element.hidden = !text;
  }

  #clicked = async (/** @type {MouseEvent} */ event) => {
    if (!(event.target instanceof Element && event.target.closest("[data-claim]"))) return;
    outboxClaimed(await claimJobs());
    await this.#draw();
  };
}

/** @param {number} count */
function othersWords(count) {
  if (!count) return "";
  return count === 1
    ? t("One thing of another person waits in this browser. It goes up when they log in here.")
    : t("{count} things of another person wait in this browser. They go up when that person logs in here.", { count });
}

/** @param {number} count */
function unclaimedWords(count) {
  if (!count) return "";
  return count === 1
    ? t("One thing from before anybody logged in waits in this browser.")
    : t("{count} things from before anybody logged in wait in this browser.", { count });
}

customElements.define("others-waiting", OthersWaiting);
