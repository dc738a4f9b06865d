/** Keeps the spend page's sums in step with the takes; the fields are left to whoever types in them. */

import { load } from "../../static/js/swap.js";

const TOGETHER_MS = 300;
let timer = 0;

document.addEventListener("studio-event", (event) => {
  const { kind } = /** @type {CustomEvent} */ (event).detail;
  if (document.body.dataset.page !== "spend" || !/^(take\.changed|shot\.changed|resync)$/.test(kind)) return;
  window.clearTimeout(timer);
  timer = window.setTimeout(refresh, TOGETHER_MS);
});

function refresh() {
  const { span = "project", by = "shot" } = document.body.dataset;
  return load(`/panels/spend?${new URLSearchParams({ span, by })}`);
}
