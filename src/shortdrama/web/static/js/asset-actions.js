/**
 * What can be done with assets, each with its word to the reader and its undo.
 * After each, `assets-changed` {assets, gone} is dispatched on `document` so that this page shows it
 * before the event stream does; other tabs hear from the stream.
 */

import { t } from "./i18n.js";
import { showToast } from "./toast.js";
import { Refused, askJson } from "./upload.js";

/** @param {any} asset @param {{name?: string, role?: string, tags?: string[]}} changes */
export async function changeAsset(asset, changes) {
  const changed = await tryIt(() => send("PATCH", `/api/assets/${asset.id}`, changes));
  if (!changed) return changed;
  const isGone = changed.trashed_at && !asset.trashed_at;
  tell(isGone ? { gone: [changed.id] } : { assets: [changed] });
  if (isGone) {
    showToast(t("{name} was moved to the trash meanwhile. The change is kept with it.", { name: changed.name }));
  }
  return changed;
}

/** @param {any[]} assets @param {string} role */
export async function giveRole(assets, role) {
  await eachOf(assets, () => ({ role }));
}

/** @param {any[]} assets @param {string} tag */
export async function addTag(assets, tag) {
  await eachOf(assets, ({ tags }) => (tags.includes(tag) ? null : { tags: [...tags, tag] }));
  showToast(t("Tagged {count} with {tag}", { count: assets.length, tag }));
}

/** @param {string[]} ids */
export async function trashAssets(ids) {
  const answer = await tryIt(() => send("POST", "/api/assets/trash", { ids }));
  if (!answer) return;
  tell({ gone: ids });
  const moved = answer.assets.map((/** @type {any} */ asset) => asset.id);
  if (!moved.length) {
    showToast(t("Already in the trash"));
    return;
  }
  const text = moved.length === 1
    ? t("Moved {name} to the trash", { name: answer.assets[0].name })
    : t("Moved {count} files to the trash", { count: moved.length });
  showToast(text, { undo: () => restoreAssets(moved) });
}

/** @param {string[]} ids */
export async function restoreAssets(ids) {
  const answer = await tryIt(() => send("POST", "/api/assets/restore", { ids }));
  if (!answer) return;
  tell({ assets: answer.assets, gone: ids });
  const { length: count } = answer.assets;
  showToast(count ? t("Restored {count}", { count }) : t("Already restored"));
}

/** There is no way back, so it asks first. @param {string[]} ids */
export async function removeForGood(ids) {
  if (!(await isSure())) return;
  const answer = await tryIt(() => send("POST", "/api/assets/removal", { ids }));
  if (!answer) return;
  tell({ gone: answer.ids });
  showToast(t("Deleted {count} for good", { count: answer.ids.length }));
}

/** @returns {Promise<boolean>} */
function isSure() {
  const dialog = /** @type {HTMLDialogElement} */ (document.querySelector("dialog[data-sure]"));
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

/**
 * @param {any[]} assets
 * @param {(asset: any) => object|null} changesOf null leaves one as it is
 */
async function eachOf(assets, changesOf) {
  const changed = [];
  for (const asset of assets) {
    const changes = changesOf(asset);
    if (!changes) continue;
    const answer = await tryIt(() => send("PATCH", `/api/assets/${asset.id}`, changes));
    if (!answer) break;
    changed.push(answer);
  }
  tell({ assets: changed });
}

/** @param {string} method @param {string} url @param {object} content */
function send(method, url, content) {
  const headers = { "Content-Type": "application/json" };
  return askJson(url, { method, headers, body: JSON.stringify(content) });
}

/**
 * @param {() => Promise<any>} work
 * @returns {Promise<any>} null where it did not work, which has been said then
 */
async function tryIt(work) {
  try {
    return await work();
  } catch (error) {
    const isAnswer = error instanceof Refused;
    showToast(isAnswer ? error.message : t("The server is away. Try again when it is back."));
    return null;
  }
}

/** @param {{assets?: any[], gone?: string[]}} detail */
function tell({ assets = [], gone = [] }) {
  document.dispatchEvent(new CustomEvent("assets-changed", { detail: { assets, gone } }));
}
