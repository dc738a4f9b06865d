/** Why a take is rejected: words to pick and a note, both optional. */

import { t } from "../../static/js/i18n.js";

const dialog = () => /** @type {HTMLDialogElement} */ (document.getElementById("reason"));

/**
 * @param {string} number of the take
 * @returns {Promise<string|null>} the reason, perhaps ""; null where the take is kept
 */
export function askReason(number) {
  const box = dialog();
  const note = /** @type {HTMLInputElement} */ (box.querySelector("input[name=note]"));
  const title = /** @type {HTMLElement} */ (box.querySelector("h2"));
  title.textContent = t(String(title.dataset.words), { number });
  note.value = "";
  for (const word of words(box)) word.setAttribute("aria-pressed", "false");
  box.returnValue = "";
  box.showModal();
  note.focus();
  return new Promise((resolve) => {
    box.addEventListener("close", () => {
      resolve(box.returnValue === "reject" ? reasonOf(box, note.value) : null);
    }, { once: true });
  });
}

document.addEventListener("click", (event) => {
  const word = event.target instanceof Element && event.target.closest("[data-reason]");
  if (word) word.setAttribute("aria-pressed", String(word.getAttribute("aria-pressed") !== "true"));
});

/** @param {Element} box @returns {Element[]} */
function words(box) {
  return [...box.querySelectorAll("[data-reason]")];
}

/** @param {Element} box @param {string} note */
function reasonOf(box, note) {
  const picked = words(box).filter((word) => word.getAttribute("aria-pressed") === "true");
  return [...picked.map((word) => word.textContent?.trim()), note.trim()].filter(Boolean).join(", ");
}
