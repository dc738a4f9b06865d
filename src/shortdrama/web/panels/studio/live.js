/**
 * Keeps the page in step with the event stream. A take's change touches one card, one cell and the
 * words about it; its progress is written straight into the page.
 */

import { load } from "../../static/js/swap.js";
import { listDepth } from "../takes/older-takes.js";
import { writeProgress } from "../takes/progress.js";
import { hearTake, refreshStage } from "../viewer/viewer.js";
import { newsOf, tellNews } from "./news.js";
import { page, staying } from "./page.js";

const TOGETHER_MS = 40;
/** What has to be brought up to date: takes by id, and "lists" or "bar" as a whole. */
const stale = new Map();
let timer = 0;

document.addEventListener("studio-event", (event) => {
  const { kind, data } = /** @type {CustomEvent} */ (event).detail;
  if (kind === "take.progress") writeProgress(data);
  else if (kind === "take.changed") note(page.shot ? data.take_id : "bar", data);
  else if (kind === "shot.draft") tellDraft(data);
  else if (kind.startsWith("shot.")) note("lists", data);
  else if (kind === "project.changed") note("lists", data);
  else if (kind === "connection.changed") note("bar", data);
  else if (kind === "resync") catchUp();
});

/** The first of a burst goes at once, so that a finished clip is not kept waiting.
 * @param {string} what @param {any} data
 */
function note(what, data) {
  stale.set(what, data);
  if (timer) return;
  flush();
  timer = window.setTimeout(() => { timer = 0; flush(); }, TOGETHER_MS);
}

function flush() {
  const work = [...stale];
  stale.clear();
  for (const [what, data] of work) {
    if (what === "bar") loadBar();
    else if (what === "lists") refreshLists();
    else refreshTake(data);
  }
}

/** @param {any} data */
async function refreshTake(data) {
  const isHere = data.shot_id === page.shot;
  const isNew = isHere && !document.getElementById(`take-${data.take_id}`);
  const query = new URLSearchParams({ take: data.take_id, shot: page.shot, showing: page.showing });
  const changes = isNew ? refreshLists() : loadHere(`/panels/take?${query}`);
  if (isHere) await hearTake(data);
  await changes;
  document.dispatchEvent(new CustomEvent("queue-stale"));
  tellNews(isHere ? newsOf(data) : "");
}

/** Takes, filmstrip, status and bar, as they are now. */
export function refreshLists() {
  if (!page.shot) return loadBar();
  const query = new URLSearchParams({ shot: page.shot, take: page.showing, ...listDepth() });
  return loadHere(`/panels/lists?${query}`);
}

/**
 * Parts that depend on the take that is shown. Where another one is shown before the answer comes,
 * the answer would name the wrong take: everything is asked for anew then.
 * @param {string} url
 */
async function loadHere(url) {
  const { signal } = staying;
  await load(url, signal);
  if (signal.aborted) await refreshLists();
}

function loadBar() {
  const shot = document.querySelector("[data-shot]")?.getAttribute("data-shot") ?? "";
  const query = new URLSearchParams({ page: document.body.dataset.page ?? "", shot });
  return load(`/panels/bar?${query}`);
}

// What was asked for while the server was away is asked for again.
document.addEventListener("server-back", catchUp);

/** After a gap. The clip that is shown is left alone. */
async function catchUp() {
  await refreshLists();
  if (page.shot) await refreshStage();
  document.dispatchEvent(new CustomEvent("queue-stale"));
}

/** @param {any} data */
function tellDraft(data) {
  if (data.shot_id === page.shot) document.dispatchEvent(new CustomEvent("draft-changed"));
}
