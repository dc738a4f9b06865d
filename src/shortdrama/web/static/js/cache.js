/**
 * What the page holds for later: files that went up, clips that were watched, prompts.
 *
 * All of it together stays under a bound (the setting `browser_cache_bytes`, and a share of what the
 * browser grants); what was used longest ago goes first. What still waits in the outbox never goes.
 */

import { change, read, readAll } from "./local-store.js";

const SHARE_OF_QUOTA = 0.8;
const DEFAULT_BYTES = 2_000_000_000;

/** @typedef {{id: string, store: string, bytes: number, usedAt: number}} Kept */

/**
 * Hold a clip that is being watched, so that it plays when the server is away.
 * @param {{id: string, prompt: string, video_url: string, provider_job_id: string|null,
 *   finished_at: string|null}} take as /api/takes gives it
 */
export async function keepClip(take) {
  const held = await read("videos", take.id);
  if (held?.videoUrl === take.video_url) {
    await change(["kept"], (tx) => {
      tx.objectStore("kept").put(keptRecord("videos", take.id, held.videoBlob.size));
    });
    return;
  }
  const response = await fetch(take.video_url, { priority: "low" });
  if (!response.ok) return;
  const blob = await response.blob();
  if (!(await makeRoom(blob.size))) return;
  await change(["videos", "kept"], (tx) => {
    tx.objectStore("videos").put(videoRecord(take, blob));
    tx.objectStore("kept").put(keptRecord("videos", take.id, blob.size));
  });
}

/** Let everything go but what waits in the outbox, whoever it is of: the person changes. */
export async function forgetCached() {
  const stores = ["assets", "videos", "prompts"];
  await change([...stores, "outbox", "kept"], (tx) => {
    const asked = tx.objectStore("outbox").getAllKeys();
    asked.onsuccess = () => {
      for (const store of stores) forgetAllBut(new Set(asked.result), tx, store);
    };
  });
}

/** @param {Set<IDBValidKey>} waiting @param {IDBTransaction} tx @param {string} store */
function forgetAllBut(waiting, tx, store) {
  const asked = tx.objectStore(store).getAllKeys();
  asked.onsuccess = () => {
    for (const id of asked.result.filter((each) => !waiting.has(each))) {
      tx.objectStore(store).delete(id);
      forgetKept(tx, store, String(id));
    }
  };
}

/**
 * Let the oldest go until `bytes` more fit under the bound.
 * @param {number} bytes
 * @returns {Promise<boolean>} false where they never will
 */
export async function makeRoom(bytes) {
  const bound = await boundBytes();
  const waiting = new Set((await readAll("outbox")).map((job) => job.id));
  const kept = await readAll("kept");
  const { leaving, fits } = whatLeaves(kept, waiting, bound - bytes);
  if (leaving.length) {
    await change(["assets", "videos", "prompts", "kept"], (tx) => {
      for (const { id, store } of leaving) {
        const name = id.slice(store.length + 1);
        tx.objectStore(store).delete(name);
        forgetKept(tx, store, name);
      }
    });
  }
  return fits;
}

/**
 * Which records go so that the rest is at most `bound` bytes. Pure.
 * @param {Kept[]} kept
 * @param {Set<string>} waiting ids of jobs whose payload must stay
 * @param {number} bound
 * @returns {{leaving: Kept[], fits: boolean}} leaving: oldest first
 */
export function whatLeaves(kept, waiting, bound) {
  let total = kept.reduce((sum, { bytes }) => sum + bytes, 0);
  const free = kept.filter(({ id, store }) => !waiting.has(id.slice(store.length + 1)));
  free.sort((a, b) => a.usedAt - b.usedAt);
  const leaving = [];
  for (const record of free) {
    if (total <= bound) break;
    leaving.push(record);
    total -= record.bytes;
  }
  return { leaving, fits: total <= bound };
}

/**
 * @param {string} store
 * @param {string} id
 * @param {number} bytes
 * @returns {Kept}
 */
export function keptRecord(store, id, bytes) {
  return { id: `${store}/${id}`, store, bytes, usedAt: Date.now() };
}

/** @param {IDBTransaction} tx @param {string} store @param {string} id */
export function forgetKept(tx, store, id) {
  tx.objectStore("kept").delete(`${store}/${id}`);
}

async function boundBytes() {
  const element = document.querySelector("[data-browser-cache-bytes]");
  const wished = Number(element?.getAttribute("data-browser-cache-bytes")) || DEFAULT_BYTES;
  const { quota } = (await navigator.storage?.estimate?.()) ?? {};
  return quota ? Math.min(wished, quota * SHARE_OF_QUOTA) : wished;
}

/** @param {any} take @param {Blob} videoBlob */
function videoRecord(take, videoBlob) {
  return {
    id: take.id,
    prompt: take.prompt,
    videoBlob,
    videoUrl: take.video_url,
    generatedAt: Date.parse(take.finished_at ?? "") || Date.now(),
    soraJobId: take.provider_job_id ?? "",
  };
}
