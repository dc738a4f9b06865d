/** The filmstrip: opens shots without a reload, moves by arrow keys, adds new shots. */

import "./removal.js";
import { t } from "../../static/js/i18n.js";
import { showToast } from "../../static/js/toast.js";
import { askJson } from "../../static/js/upload.js";
import { openShot, page } from "../studio/page.js";

/** @returns {HTMLAnchorElement[]} */
function cells() {
  return [...document.querySelectorAll("#filmstrip [data-open-shot]")].map((cell) => /** @type {HTMLAnchorElement} */ (cell));
}

document.addEventListener("click", (event) => {
  const at = event.target instanceof Element ? event.target : null;
  const cell = at?.closest("#filmstrip [data-open-shot]");
  const isPlain = !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0;
  if (cell instanceof HTMLElement && isPlain) {
    event.preventDefault();
    openShot(cell.dataset.openShot ?? "");
  }
  if (at?.closest("[data-do=new-shot]")) addShot();
});

document.addEventListener("keydown", (event) => {
  const all = cells();
  const index = all.indexOf(/** @type {any} */ (document.activeElement));
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (index < 0 || !step) return;
  event.preventDefault();
  all[index + step]?.focus();
});

document.addEventListener("studio-key", (event) => {
  if (!page.shot) return;
  const { name } = /** @type {CustomEvent} */ (event).detail;
  if (name === "new-shot") addShot();
  else if (name === "shot-before") openBeside(-1);
  else if (name === "shot-after") openBeside(1);
  else return;
  event.preventDefault();
});

/** @param {number} step */
function openBeside(step) {
  const all = cells();
  const next = all[all.findIndex((cell) => cell.dataset.openShot === page.shot) + step];
  if (next) openShot(next.dataset.openShot ?? "");
}

let isAdding = false;

async function addShot() {
  if (isAdding) return;
  isAdding = true;
  try {
    const headers = { "Content-Type": "application/json" };
    const body = JSON.stringify({ episode_id: page.episode });
    const shot = await askJson("/api/shots", { method: "POST", headers, body });
    await openShot(shot.id);
    document.getElementById("prompt")?.focus();
  } catch (error) {
    const isAway = error instanceof TypeError;
    showToast(isAway ? t("New shots need the server.") : /** @type {Error} */ (error).message);
  } finally {
    isAdding = false;
  }
}

document.addEventListener("shot-opened", () => {
  const cell = document.querySelector("#filmstrip [aria-current]");
  cell?.scrollIntoView({ block: "nearest", inline: "nearest" });
});
document.querySelector("#filmstrip [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
