/**
 * How far back the takes are listed. Whoever brings the list up to date tells the depth that the page
 * has (`listDepth`), so that what somebody has opened stays open.
 */

import { show } from "../../static/js/swap.js";
import { page } from "../studio/page.js";

/** @returns {{until: string}} for the addresses of parts that hold the list; "" is the newest alone */
export function listDepth() {
  return { until: list()?.dataset.until ?? "" };
}

/** The take of a number that a key shows, where it is older than those listed. @param {string} key @returns {string} "" where there is none */
export function olderByKey(key) {
  const pairs = (list()?.dataset.byKey ?? "").trim().split(" ").map((pair) => pair.split(":"));
  return pairs.find(([number]) => number === key)?.[1] ?? "";
}

function list() {
  return document.getElementById("take-list");
}

document.addEventListener("click", (event) => {
  const button = event.target instanceof Element && event.target.closest("#show-older-takes");
  if (button instanceof HTMLElement) showOlder(button.dataset.last ?? "");
});

/** @param {string} last the oldest that is listed */
async function showOlder(last) {
  const panel = document.getElementById("takes");
  const depth = { until: last, further: "true" };
  const query = new URLSearchParams({ shot: page.shot, take: page.showing, ...depth });
  if (panel) await show(`/panels/takes?${query}`, panel, "innerMorph");
}
