/**
 * The compare page: keys for the chosen take, news of the shot, and where the reason is asked.
 */

import { load } from "../../static/js/swap.js";
import { newsOf, tellNews } from "../studio/news.js";
import { reject, select } from "../takes/takes.js";
import "./take-compare.js";

const TOGETHER_MS = 40;
const REASON_PX = 212;
const GAP_PX = 4;
let timer = 0;

/** @returns {any} the <take-compare>; none where the shot has too few takes */
function board() {
  return document.querySelector("take-compare");
}

document.addEventListener("studio-key", (event) => {
  const { name, key } = /** @type {CustomEvent} */ (event).detail;
  const chosen = board()?.chosen;
  if (!chosen) return;
  const take = { id: chosen.dataset.take, number: chosen.dataset.number, shot: board().dataset.shot };
  const wanted = board().articles.find((/** @type {HTMLElement} */ { dataset }) => dataset.number === key);
  if (name === "take" && wanted) board().choose(wanted);
  else if (name === "select" && chosen.dataset.status === "ready") select(take);
  else if (name === "reject" && /^(ready|selected)$/.test(chosen.dataset.status)) reject(take);
  else return;
  event.preventDefault();
});

document.addEventListener("studio-event", (event) => {
  const { kind, data } = /** @type {CustomEvent} */ (event).detail;
  const isOurs = data.shot_id === board()?.dataset.shot && kind !== "take.progress";
  if (!board() || !(isOurs || kind === "resync")) return;
  if (kind === "take.changed") tellNews(newsOf(data));
  timer ||= window.setTimeout(refresh, TOGETHER_MS);
});

async function refresh() {
  timer = 0;
  const before = board().chosen.dataset.take;
  const query = new URLSearchParams(location.search); // how far back takes are offered is kept
  query.set("shot", board().dataset.shot);
  query.set("takes", board().articles.map((/** @type {HTMLElement} */ article) => article.dataset.take).join(","));
  await load(`/panels/compare?${query}`);
  // The server does not know which one is chosen here.
  const chosen = board().articles.find((/** @type {HTMLElement} */ article) => article.dataset.take === before);
  board().choose(chosen, { scrolls: false });
}

/** The reason is asked at the foot of the picture it is about; a narrow page has it at its own foot. */
function placeReason(/** @type {HTMLElement} */ dialog) {
  const box = board()?.chosen.querySelector(".frame").getBoundingClientRect();
  const isWide = window.matchMedia("(width >= 900px)").matches;
  if (!box || !isWide) { dialog.removeAttribute("style"); return; }
  const width = Math.max(REASON_PX, Math.min(box.width - 2 * GAP_PX, 360));
  const left = box.left + (box.width - width) / 2;
  dialog.style.width = `${width}px`;
  dialog.style.left = `${Math.max(GAP_PX, Math.min(left, innerWidth - width - GAP_PX))}px`;
  dialog.style.bottom = `${innerHeight - box.bottom + GAP_PX}px`;
}

const reason = document.getElementById("reason");
if (reason instanceof HTMLDialogElement) {
  new MutationObserver(() => { if (reason.open) placeReason(reason); }).observe(reason, { attributeFilter: ["open"] });
}
