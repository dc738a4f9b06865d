/**
 * What can be done with a take, from its card, from a problem or by key. A button says what it does
 * by `data-do`, and the take stands at the nearest `data-take`.
 */

import { newHexId } from "../../static/js/hex-id.js";
import { t } from "../../static/js/i18n.js";
import { showToast } from "../../static/js/toast.js";
import { Refused, askJson } from "../../static/js/upload.js";
import { askPrice, priceToConfirm } from "../spend/ask-price.js";
import { page } from "../studio/page.js";
import { showTake } from "../viewer/viewer.js";
import { olderByKey } from "./older-takes.js";
import { askReason } from "./reason.js";

/** @typedef {{id: string, number: string, shot?: string}} Named `shot`: the page's own, where it is not said */

/** @type {Record<string, (take: Named, button?: HTMLElement) => any>} */
const ACTIONS = {
  show: ({ id }) => showTake(id, { isChosen: true, plays: true }),
  select,
  reject,
  restore: ({ id }) => ask("DELETE", `/api/takes/${id}/rejection`),
  cancel: ({ id }) => ask("POST", `/api/takes/${id}/cancellation`),
  retry: ({ id }) => askPaid(`/api/takes/${id}/retry`),
  fetch: ({ id }) => ask("POST", `/api/takes/${id}/fetch`),
  "check-again": ({ id }) => ask("POST", `/api/takes/${id}/check`),
  check: ({ id }) => ask("POST", `/api/takes/${id}/decision`, { decision: "check" }),
  "not-sent": ({ id }) => ask("POST", `/api/takes/${id}/decision`, { decision: "not_sent" }),
  "send-again": ({ id }) => ask("POST", `/api/takes/${id}/decision`, { decision: "send_again" }),
  adopt: ({ id }, button) => ask("POST", `/api/takes/${id}/adoption`, { job_id: button?.dataset.job }),
  edit: () => document.getElementById("prompt")?.focus(),
  model: () => /** @type {HTMLElement|null} */ (document.querySelector("[data-pick=model]"))?.click(),
  settings: () => location.assign("/settings"),
};
/** The keys of paid orders whose answer has not come, by their addresses. @type {Map<string, string>} */
const unanswered = new Map();
/** Buttons that wait for their answer: pressing twice asks once. */
const busy = new WeakSet();

document.addEventListener("click", async (event) => {
  const button = event.target instanceof Element && event.target.closest("[data-do]");
  if (!(button instanceof HTMLElement) || busy.has(button)) return;
  const action = ACTIONS[button.dataset.do ?? ""];
  const at = button.closest("[data-take]");
  if (!action || !(at instanceof HTMLElement)) return;
  busy.add(button);
  try {
    await action(named(at), button);
  } finally {
    busy.delete(button);
  }
});

document.addEventListener("studio-key", (event) => {
  const { name, key } = /** @type {CustomEvent} */ (event).detail;
  const shown = card(`[data-take="${page.showing}"]`);
  if (name === "take") {
    const wanted = card(`[data-number="${key}"]`);
    const older = olderByKey(key);
    if (wanted) ACTIONS.show(named(wanted));
    else if (older) ACTIONS.show({ id: older, number: key });
    else return;
  } else if (name === "select" && shown?.dataset.status === "ready") select(named(shown));
  else if (name === "reject" && /^(ready|selected)$/.test(shown?.dataset.status ?? "")) reject(named(/** @type {HTMLElement} */ (shown)));
  else return;
  event.preventDefault();
});

/** @param {string} selector */
function card(selector) {
  return /** @type {HTMLElement|null} */ (document.querySelector(`#takes .take${selector}`));
}

/** @param {HTMLElement} element @returns {Named} */
function named(element) {
  const shot = /** @type {HTMLElement|null} */ (element.closest("[data-shot]"))?.dataset.shot;
  return { id: element.dataset.take ?? "", number: element.dataset.number ?? "", shot };
}

/** @param {Named} take */
export async function select({ id, number, shot = page.shot }) {
  const before = selected();
  const put = (/** @type {string|null} */ take_id) => ask("PUT", `/api/shots/${shot}/selected-take`, { take_id });
  if (await put(id)) showToast(t("Take {number} is selected.", { number }), { undo: () => put(before) });
}

/** The take that is selected before anything is done; null where none is. */
function selected() {
  const told = /** @type {HTMLElement|null} */ (document.querySelector("[data-selected-take]"));
  return (told ? told.dataset.selectedTake : card(".selected")?.dataset.take) || null;
}

/** @param {Named} take */
export async function reject({ id, number }) {
  const reason = await askReason(number);
  if (reason === null || !await ask("POST", `/api/takes/${id}/rejection`, { reason })) return;
  showToast(t("Take {number} is rejected.", { number }), { undo: () => ACTIONS.restore({ id, number }) });
}

/**
 * What costs money: where the studio wants a word on the price first, the person is asked. An order
 * without an answer may have arrived: until one comes, asking again is the same order.
 * @param {string} url
 */
async function askPaid(url) {
  const key = unanswered.get(url) ?? newHexId();
  unanswered.set(url, key);
  let price = 0;
  const hear = (/** @type {any} */ problem) => { price = priceToConfirm(problem); return price > 0; };
  if (await ask("POST", url, {}, key, hear)) return true;
  return price > 0 && await askPrice(price) && ask("POST", url, { confirmed_micro_usd: price }, key);
}

/**
 * @param {string} method
 * @param {string} url
 * @param {any} [body]
 * @param {string} [key] makes a repeated request the same request
 * @param {(problem: any) => boolean} [hears] the refusal first; true: it need not be shown
 * @returns {Promise<boolean>} false where it did not happen; the reason was shown
 */
async function ask(method, url, body, key, hears = () => false) {
  const headers = /** @type {Record<string, string>} */ ({ "Content-Type": "application/json" });
  if (key) headers["Idempotency-Key"] = key;
  try {
    await askJson(url, { method, headers, body: body && JSON.stringify(body) });
    unanswered.delete(url);
    return true;
  } catch (error) {
    if (error instanceof Refused && hears(error.problem)) return false;
    if (error instanceof Refused) unanswered.delete(url);
    showToast(error instanceof TypeError ? away(Boolean(key)) : /** @type {Error} */ (error).message);
    return false;
  }
}

/** @param {boolean} isPaid */
function away(isPaid) {
  return isPaid
    ? t("No answer came from the studio. Press again: what has arrived already is not ordered twice.")
    : t("No answer came from the studio. Try again.");
}
