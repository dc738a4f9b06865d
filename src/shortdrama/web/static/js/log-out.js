/**
 * The way out: what this browser keeps for the person is forgotten first. Where something of theirs
 * has not gone up yet, they are asked; it stays in the outbox, under their name.
 */

import { forgetCached } from "./cache.js";
import { t } from "./i18n.js";
import { allJobs } from "./outbox-jobs.js";
import { forgetPages, keepPages } from "./page-worker.js";
import { person } from "./person.js";

const LAST = "person";

/** Called once a page. */
export function startLogOut() {
  forgetTheLastPerson();
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || new URL(form.action).pathname !== "/logout") return;
    event.preventDefault();
    if (!await mayLeave()) return;
    await forget();
    form.submit();
  });
}

/** Somebody may have come in without anybody having gone out here: a session has its end. */
async function forgetTheLastPerson() {
  const last = localStorage.getItem(LAST) ?? "";
  if (last === person()) return;
  await forgetCached().catch(() => {});
  localStorage.setItem(LAST, person());
  keepPages();
}

async function forget() {
  await Promise.all([forgetCached(), forgetPages()].map((work) => work.catch(() => {})));
}

/** @returns {Promise<boolean>} */
async function mayLeave() {
  const waiting = (await allJobs()).filter((job) => job.state === "waiting");
  const dialog = /** @type {HTMLDialogElement|null} */ (document.getElementById("ask-log-out"));
  if (!waiting.length || !dialog || dialog.open) return !dialog?.open;
  const place = dialog.querySelector("[data-words]");
  if (place) place.textContent = words(waiting.length, waiting.filter((job) => !job.isKept).length);
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

/** @param {number} count @param {number} lost how many of them this browser has no room to keep */
function words(count, lost) {
  if (lost) return t("Not with the studio yet: {count}. This browser has no room to keep {lost} of them: logging out now loses them.", { count, lost });
  return count === 1
    ? t("One thing that you sent is not with the studio yet. It stays in this browser and goes up when you log in here again.")
    : t("{count} things that you sent are not with the studio yet. They stay in this browser and go up when you log in here again.", { count });
}
