/**
 * The event stream as events on `document`: `studio-event`, detail {kind, data}.
 *
 * One stream for all tabs: a SharedWorker holds it, or the tab that has the lock where there is none.
 * While it is down `line-lost` is told to presence.js, which shows it; missed events come by themselves
 * after that, and a `resync` says that parts have to be fetched anew.
 */

import { openLine } from "./event-source.js";
import { ask } from "./presence.js";

const LOST_MS = 600;
const SILENT_MS = 2500;
/** @type {MessagePort|undefined} */
let port;
/** @type {number|undefined} */
let timer;

export function startEvents() {
  const after = document.body.dataset.eventId ?? "";
  if ("SharedWorker" in window) listenToWorker(after);
  else leadOrFollow(after);
}

/** @param {string} after */
function listenToWorker(after) {
  callWorker(after);
  window.addEventListener("pagehide", () => port?.postMessage({ bye: true }));
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) { port?.postMessage({ after }); emit("resync", {}); }
  });
}

/**
 * A worker whose script was cut off with the server never says a word: it is called again until
 * it does, and meanwhile the server is asked for.
 *
 * @param {string} after
 */
function callWorker(after) {
  const url = new URL("./events-worker.js", import.meta.url);
  const called = new SharedWorker(url, { type: "module", name: "shortdrama-events" }).port;
  const silence = window.setTimeout(() => { called.close(); ask(); callWorker(after); }, SILENT_MS);
  called.onmessage = ({ data }) => { window.clearTimeout(silence); hear(data); };
  called.postMessage({ after });
  port = called;
}

/** @param {string} after */
function leadOrFollow(after) {
  const channel = new BroadcastChannel("shortdrama-events");
  const lead = () => {
    const tell = (/** @type {any} */ message) => { channel.postMessage(message); hear(message); };
    openLine(last, (event) => tell({ event }), (isOpen) => tell({ isOpen }));
    return new Promise(() => {});
  };
  let last = after;
  channel.onmessage = ({ data }) => { last = data.event?.id ?? last; hear(data); };
  // Without locks (plain HTTP from another machine) every tab has a line of its own.
  if (navigator.locks) navigator.locks.request("shortdrama-events", lead);
  else openLine(after, (event) => hear({ event }), (isOpen) => hear({ isOpen }));
}

/** @param {any} message */
function hear({ event, isOpen, late }) {
  if (event) emit(event.kind, event.data);
  if (late) emit("resync", {});
  if (isOpen === undefined) return;
  if (isOpen) {
    window.clearTimeout(timer);
    timer = undefined;
    ask();
    return;
  }
  // A server that restarts is back before anybody needs to know. The line is tried again more often
  // than this, and each try that fails is told: the first of them counts.
  timer ??= window.setTimeout(() => { timer = undefined; ask(); }, LOST_MS);
}

/** @param {string} kind @param {any} data */
function emit(kind, data) {
  document.dispatchEvent(new CustomEvent("studio-event", { detail: { kind, data } }));
}
