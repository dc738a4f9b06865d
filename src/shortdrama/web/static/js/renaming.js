/** Forms with `data-rename`: a new title for the project or the episode. */

import { showToast } from "./toast.js";
import { askJson } from "./upload.js";

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || !form.dataset.rename) return;
  event.preventDefault();
  const body = JSON.stringify({ title: new FormData(form).get("title") });
  const headers = { "Content-Type": "application/json" };
  try {
    await askJson(form.dataset.rename, { method: "PUT", headers, body });
    /** @type {HTMLElement|null} */ (form.closest("[popover]"))?.hidePopover();
    document.dispatchEvent(new CustomEvent("studio-event", { detail: { kind: "project.changed", data: {} } }));
  } catch (error) {
    showToast(/** @type {Error} */ (error).message);
  }
});
