/** Takes an empty shot out of the episode, from the viewer's head or by Delete on its cell. */

import { t } from "../../static/js/i18n.js";
import { showToast } from "../../static/js/toast.js";
import { askJson } from "../../static/js/upload.js";
import { keepDraft, loadDraft } from "../prompt/draft.js";
import { keepReferences, keptReferences } from "../prompt/references.js";
import { openShot, page } from "../studio/page.js";

const HEADERS = { "Content-Type": "application/json" };

/** @typedef {{text: string, references: import("../prompt/references.js").Reference[], wasLast: boolean}} Kept */

document.addEventListener("click", (event) => {
  const at = event.target instanceof Element ? event.target : null;
  if (at?.closest("[data-do=remove-shot]")) removeShot(page.shot);
});

document.addEventListener("keydown", (event) => {
  const cell = event.target instanceof HTMLElement && event.target.closest("#filmstrip [data-open-shot]");
  if (!(cell instanceof HTMLElement) || event.repeat || !/^(Delete|Backspace)$/.test(event.key)) return;
  event.preventDefault();
  removeShot(cell.dataset.openShot ?? "");
});

// Another tab took the shot away that is open here.
document.addEventListener("studio-event", (event) => {
  const { kind, data } = /** @type {CustomEvent} */ (event).detail;
  if (kind === "shot.removed") leave(data.shot_id);
});

/** @param {string} shot */
async function removeShot(shot) {
  const cell = cellOf(shot);
  const neighbour = neighbourOf(shot);
  const number = cell?.dataset.number ?? "";
  const kept = await contents(shot);
  if (!await told(() => askJson(`/api/shots/${shot}`, { method: "DELETE" }))) return;
  keepDraft.drop(shot);
  await leave(shot);
  cellOf(neighbour)?.focus();
  showToast(t("Shot {number} is removed.", { number }), { undo: () => addAgain(kept) });
}

/** What the shot holds, for the way back. @param {string} shot @returns {Promise<Kept>} */
async function contents(shot) {
  const field = /** @type {HTMLTextAreaElement|null} */ (document.getElementById("prompt"));
  const text = shot === page.shot && field ? field.value : await loadDraft(shot) ?? "";
  const wasLast = cellOf(shot) === [...document.querySelectorAll("#filmstrip [data-open-shot]")].at(-1);
  return { text, references: keptReferences(shot), wasLast };
}

/** A new last shot with the same words: the place in the middle is not given back. @param {Kept} kept */
async function addAgain({ text, references, wasLast }) {
  await told(async () => {
    const body = JSON.stringify({ episode_id: page.episode });
    const { id } = await askJson("/api/shots", { method: "POST", headers: HEADERS, body });
    const draft = JSON.stringify({ text });
    await askJson(`/api/shots/${id}/draft`, { method: "PUT", headers: HEADERS, body: draft });
    keepReferences(id, references);
    await openShot(id);
    if (!wasLast) showToast(t("The shot is back, as the last one."));
  });
}

/** Opens the neighbour, in place of an address that leads nowhere now. @param {string} shot */
async function leave(shot) {
  const next = neighbourOf(shot);
  if (shot !== page.shot || !next) return;
  await openShot(next, { isReplacing: true });
}

/** @param {string} shot */
function cellOf(shot) {
  return /** @type {HTMLElement|null} */ (document.getElementById(`cell-${shot}`));
}

/** The shot after, or before the last one; "" where there is none. @param {string} shot */
function neighbourOf(shot) {
  const shots = [...document.querySelectorAll("#filmstrip [data-open-shot]")]
    .map((cell) => /** @type {HTMLElement} */ (cell).dataset.openShot ?? "");
  const index = shots.indexOf(shot);
  return shots[index + 1] ?? shots[index - 1] ?? "";
}

/** @param {() => Promise<any>} action @returns {Promise<boolean>} false where it did not happen; the reason was shown */
async function told(action) {
  try {
    await action();
    return true;
  } catch (error) {
    const isAway = error instanceof TypeError;
    showToast(isAway ? t("The server is away. Nothing was changed.") : /** @type {Error} */ (error).message);
    return false;
  }
}
