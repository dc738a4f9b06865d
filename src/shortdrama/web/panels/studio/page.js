/**
 * Where the page stands: its shot and the take that the viewer shows, kept on <body>, told by the
 * address `/?shot=ID&take=ID`. `openShot` goes to another shot without a reload.
 */

import { keepThisPage } from "../../static/js/page-worker.js";
import { load } from "../../static/js/swap.js";

const SETTLED_MS = 300;

export const page = {
  /** "" on pages without a shot. */
  get shot() { return document.body.dataset.shot ?? ""; },
  /** "" on pages without a shot. */
  get episode() { return document.body.dataset.episode ?? ""; },
  /** "" where no take is shown. */
  get showing() { return document.body.dataset.showing ?? ""; },
};

/** While the same take of the same shot is shown: its signal ends what was asked for until then. */
export const staying = {
  controller: new AbortController(),
  get signal() { return this.controller.signal; },
  move() {
    this.controller.abort();
    this.controller = new AbortController();
  },
};

/** @param {string} take @param {{isChosen?: boolean}} [how] chosen by a person: part of the address */
export function noteShowing(take, { isChosen = false } = {}) {
  if (take !== page.showing) staying.move();
  document.body.dataset.showing = take;
  history.replaceState(history.state, "", address(page.shot, isChosen ? take : "") + location.hash);
}

/** @param {string} shot @param {string} [take] */
export function address(shot, take = "") {
  const query = new URLSearchParams({ shot });
  if (take) query.set("take", take);
  return `/?${query}`;
}

/**
 * @param {string} shot
 * @param {{isBack?: boolean, isReplacing?: boolean, take?: string}} [how] `isBack`: the address says it
 * already; `isReplacing`: the one before leads nowhere any more
 */
export async function openShot(shot, { isBack = false, isReplacing = false, take = "" } = {}) {
  const query = new URLSearchParams({ shot, take });
  const before = page.shot;
  document.dispatchEvent(new CustomEvent("shot-leaving", { detail: { shot: before } }));
  if (!await load(`/panels/shot?${query}`)) return false;
  staying.move();
  document.body.dataset.shot = shot;
  document.body.dataset.showing = document.querySelector("#main [data-take]")?.getAttribute("data-take") ?? "";
  if (isReplacing) history.replaceState({}, "", address(shot, take));
  else if (!isBack) history.pushState({}, "", address(shot, take));
  document.dispatchEvent(new CustomEvent("shot-opened", { detail: { shot, before } }));
  return true;
}

window.addEventListener("popstate", () => {
  if (!page.shot || location.pathname !== "/") return;
  const query = new URLSearchParams(location.search);
  const shot = query.get("shot");
  if (!shot) location.reload();
  else if (shot !== page.shot) openShot(shot, { isBack: true, take: query.get("take") ?? "" });
});

// A shot that was opened without a reload is there as well when the server is not.
let keeping = 0;
document.addEventListener("shot-opened", () => {
  window.clearTimeout(keeping);
  keeping = window.setTimeout(keepThisPage, SETTLED_MS);
});

// The address says the place that is shown: of the start page, so that going back finds it again, and
// of a kept page that stands in for one that is not kept.
const named = new URLSearchParams(location.search).get("shot");
if (page.shot && location.pathname === "/" && named !== page.shot) {
  history.replaceState(history.state, "", address(page.shot) + location.hash);
}
