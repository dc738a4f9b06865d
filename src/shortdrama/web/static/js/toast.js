/**
 * One short message at the head of the page, clear of its controls, with an Undo where something can be taken back.
 * The newest replaces the one before; it stays while it is pointed at or holds the focus.
 */

import { t } from "./i18n.js";

const STAYS_MS = 7000;

/** @type {HTMLElement|null} */
let toast = null;
/** @type {number|undefined} */
let timer;

/**
 * @param {string} text
 * @param {{undo?: () => void}} [options]
 */
export function showToast(text, { undo } = {}) {
  dismissToast();
  toast = document.createElement("div");
  toast.className = "toast";
  toast.setAttribute("role", "status");
  toast.append(words(text));
  if (undo) toast.append(undoButton(undo));
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

/** @param {() => void} undo */
function undoButton(undo) {
  const button = document.createElement("button");
  button.className = "btn quiet";
  button.textContent = t("Undo");
  button.addEventListener("click", () => { dismissToast(); undo(); });
  return button;
}
