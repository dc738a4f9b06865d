/** The scripts of the studio page, and what concerns the page as a whole. */

import "../filmstrip/filmstrip.js";
import "../prompt/prompt-history.js";
import "../prompt/prompt-panel.js";
import "../settings/copy.js";
import "../settings/trust.js";
import "../spend/spend.js";
import "../takes/takes.js";
import "../takes/waiting-takes.js";
import "../viewer/take-player.js";
import "../viewer/viewer.js";
import "./drawers.js";
import "./live.js";
import { show } from "../../static/js/swap.js";

document.addEventListener("click", (event) => {
  const button = event.target instanceof Element && event.target.closest("[data-do]");
  if (!(button instanceof HTMLElement)) return;
  if (button.dataset.do === "help") openHelp();
  if (button.dataset.do === "close") button.closest("dialog")?.close();
});

document.addEventListener("studio-key", (event) => {
  const { name } = /** @type {CustomEvent} */ (event).detail;
  if (name !== "help") return;
  openHelp();
  event.preventDefault();
});

document.addEventListener("toggle", (event) => {
  const isQueue = event.target instanceof Element && event.target.id === "queue";
  if (isQueue && /** @type {ToggleEvent} */ (event).newState === "open") showQueue();
}, true);

document.addEventListener("queue-stale", () => {
  if (document.querySelector("#queue:popover-open")) showQueue();
});

async function showQueue() {
  const list = document.getElementById("queue-list");
  if (!list) return;
  await show("/panels/queue", list, "innerMorph");
  list.dispatchEvent(new CustomEvent("placed", { bubbles: true }));
}

function openHelp() {
  const help = document.getElementById("help");
  if (help instanceof HTMLDialogElement && !help.open) help.showModal();
}
