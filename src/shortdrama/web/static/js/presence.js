/**
 * Whether the server can be reached. One per page.
 *
 * Anybody who meets a dead line calls `markAway()`, anybody who gets an answer `markHere()`. While
 * away, `/healthz` is asked until it answers. Changes are events on `document`:
 * `server-away` and `server-back`.
 */

const FIRST_MS = 200;
const LONGEST_MS = 5000;

let isAway = false;
/** @type {number|undefined} */
let timer;
let pause_ms = FIRST_MS;

export function isServerAway() {
  return isAway;
}

export function markAway() {
  if (isAway) return;
  isAway = true;
  pause_ms = FIRST_MS;
  document.dispatchEvent(new CustomEvent("server-away"));
  timer = window.setTimeout(ask, pause_ms);
}

export function markHere() {
  if (!isAway) return;
  isAway = false;
  window.clearTimeout(timer);
  document.dispatchEvent(new CustomEvent("server-back"));
}

/** Resolves when the server answers again; at once where it does. */
export function serverBack() {
  if (!isAway) return Promise.resolve();
  return new Promise((resolve) => {
    document.addEventListener("server-back", resolve, { once: true });
  });
}

/** Ask once; the answer is told through the events above. */
export async function ask() {
  window.clearTimeout(timer);
  try {
    const response = await fetch("/healthz", { cache: "no-store" });
    if (response.ok) markHere();
    else again();
  } catch {
    again();
  }
}

function again() {
  if (!isAway) {
    markAway();
    return;
  }
  pause_ms = Math.min(pause_ms * 2, LONGEST_MS);
  timer = window.setTimeout(ask, pause_ms);
}

window.addEventListener("online", () => { if (isAway) ask(); });
document.addEventListener("visibilitychange", () => { if (isAway && !document.hidden) ask(); });
