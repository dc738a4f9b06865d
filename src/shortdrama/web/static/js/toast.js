/**
 * One short message at the head of the page, clear of its controls, with an Undo where something can be taken back.
 * The newest replaces the one before; it stays while it is pointed at or holds the focus.
 *
 * The last thing that can be taken back is also what Ctrl+Z takes back, once, also after its message has gone. Where
 * another shot or page is opened, what was done is out of sight: it is not offered any more.
 */

import { t } from "./i18n.js";

const STAYS_MS = 7000;

/** @type {HTMLElement|null} */
let toast = null;
/** @type {number|undefined} */
let timer;
/** What Ctrl+Z takes back, and the shot that was open when it was done. @type {{undo: () => void, shot: string}|null} */
let last = null;

/**
 * @param {string} text
 * @param {{undo?: () => void, open?: string}} [options] `open`: the address of what it is about
 */
export function showToast(text, { undo, open } = {}) {
  dismissToast();
  if (undo) last = { undo, shot: openedShot() };
  toast = document.createElement("div");
  toast.className = "toast";
  toast.setAttribute("role", "status");
  toast.append(words(text));
  if (open) toast.append(openLink(open));
  if (undo) toast.append(undoButton());
  document.body.append(toast);
  toast.addEventListener("pointerenter", hold);
  toast.addEventListener("focusin", hold);
  toast.addEventListener("pointerleave", goSoon);
  toast.addEventListener("focusout", goSoon);
  goSoon();
}

export function dismissToast() {
  hold();
  toast?.remove();
  toast = null;
}

function hold() {
  window.clearTimeout(timer);
}

function goSoon() {
  hold();
  timer = window.setTimeout(dismissToast, STAYS_MS);
}

/** @param {string} text */
function words(text) {
  const span = document.createElement("span");
  span.className = "grow cut-off";
  span.textContent = text;
  return span;
}

/** @param {string} address */
function openLink(address) {
  const link = document.createElement("a");
  Object.assign(link, { className: "btn quiet", href: address, target: "_blank", rel: "noopener" });
  link.textContent = t("Open");
  return link;
}

function undoButton() {
  const button = document.createElement("button");
  button.className = "btn quiet";
  button.textContent = t("Undo");
  button.addEventListener("click", takeBack);
  return button;
}

/** @returns {boolean} false where there is nothing to take back */
function takeBack() {
  const undo = last?.undo;
  if (!undo) return false;
  forget();
  undo();
  return true;
}

function forget() {
  last = null;
  if (toast?.querySelector("button")) dismissToast();
}

function openedShot() {
  return document.body.dataset.shot ?? "";
}

document.addEventListener("studio-key", (event) => {
  if (/** @type {CustomEvent} */ (event).detail.name === "undo" && takeBack()) event.preventDefault();
});

document.addEventListener("shot-opened", () => {
  if (last && last.shot !== openedShot()) forget();
});

// A page that comes back from the browser's memory shows what the studio is by then.
window.addEventListener("pagehide", forget);
