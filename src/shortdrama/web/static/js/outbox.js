/**
 * The outbox: files and orders go to the server by themselves, now or when it is back, once each.
 *
 * `enqueueFiles(files)` and `enqueueTake({key, order})` write to IndexedDB before anything is sent.
 * One tab at a time sends (a Web Lock); the next takes over when it goes. Sending twice does no harm:
 * the id made here is the upload id and the idempotency key. A job leaves when the server said yes.
 *
 * Only what the person of the page has made is sent, and the server hears whose it is.
 *
 * Every tab hears about every job: event `outbox` on `document`, detail
 * {what: "added"|"progress"|"trouble"|"done"|"refused"|"removed", id, job?, sent?, size?, message?,
 *  asset?, wasHere?, cameBack?, take?}.
 */

import {
  addFile, addRefused, addTake, allJobs, countTry, finishFile, finishTake, forget, jobBlob,
  letGo, refuse, waitingJobs,
} from "./outbox-jobs.js";
import { t } from "./i18n.js";
import { asPerson, isOwn, person } from "./person.js";
import { isServerAway, serverBack } from "./presence.js";
import { NotNow, Refused, askJson, rest, uploadFile } from "./upload.js";

/** @typedef {import("./outbox-jobs.js").Job} Job */

const FILES_AT_ONCE = 3;
const RETRY_MS = 2000;
const LOCK = "shortdrama-outbox";
const channel = new BroadcastChannel(LOCK);

/** Uploads of this tab that can be stopped. @type {Map<string, AbortController>} */
const stoppers = new Map();
let isDraining = false;
let isWanted = false;
let wake = () => {};

/**
 * Take files in; each shows up at once as a job, refused ones too.
 * @param {Iterable<File>} files
 * @param {string} [role] "cast", "place", "prop"; told to the server once a file is in
 * @returns {Promise<Job[]>}
 */
export async function enqueueFiles(files, role = "") {
  const limit = Number(document.querySelector("[data-max-upload-bytes]")
    ?.getAttribute("data-max-upload-bytes")) || Infinity;
  const jobs = [];
  for (const file of files) {
    const job = file.size > limit ? await tooLarge(file, limit) : await addFile(file, role);
    announce("added", { id: job.id, job });
    jobs.push(job);
    kick();
  }
  return jobs;
}

/**
 * Order a take. Resolves with it, or with `queued` where the server cannot be reached: then the
 * order is kept and goes up by itself.
 * @param {{key: string, order: any}} request `order` is the body of POST /api/takes
 * @returns {Promise<{take: any}|{queued: true, message: string}>}
 * @throws {Refused} the server's final no, with its `problem`; nothing is kept then
 */
export async function enqueueTake({ key, order }) {
  const job = await addTake(key, order);
  announce("added", { id: key, job });
  try {
    return { take: await sendTake(job) };
  } catch (error) {
    if (error instanceof Refused) {
      await forget(job);
      announce("removed", { id: key });
      throw error;
    }
    kick();
    return { queued: true, message: error instanceof NotNow ? error.message : "" };
  }
}

/** Take a job off the list: a refused one that was read, or one on its way that is not wanted.
 * @param {Job} job
 */
export async function dismiss(job) {
  await forget(job);
  announce("removed", { id: job.id });
  if (job.kind === "file" && job.state === "waiting") {
    const headers = asPerson(job);
    await fetch(`/api/uploads/${job.id}`, { method: "DELETE", headers }).catch(() => {});
  }
}

/** Every job that is not with the server yet, oldest first. */
export function outboxJobs() {
  return allJobs();
}

/** Begin to send what is waiting from another time. Called once a page. */
export function startOutbox() {
  channel.addEventListener("message", ({ data }) => hear(data));
  kick();
}

/** What another tab says. @param {any} data */
function hear(data) {
  if (data.what === "kick") lookAgain();
  else if (!data.job || isOwn(data.job)) tell(data);
}

/** What was nobody's is one's own now. @param {Job[]} jobs */
export function outboxClaimed(jobs) {
  for (const job of jobs) announce("added", { id: job.id, job });
  kick();
}

function kick() {
  channel.postMessage({ what: "kick" });
  lookAgain();
}

/** Every tab stands in line to send: when the one that sends goes, the next takes over. */
function lookAgain() {
  isWanted = true;
  wake();
  if (!isDraining) drainInTurn();
}

async function drainInTurn() {
  isDraining = true;
  const isLocked = navigator.locks && window.isSecureContext;
  try {
    // A tab of somebody who was here before waits for its own person: it must not hold others up.
    await (isLocked ? navigator.locks.request(`${LOCK} ${person()}`, drain) : drain());
  } finally {
    isDraining = false;
  }
  if (isWanted) drainInTurn();
}

async function drain() {
  /** @type {Map<string, Promise<void>>} */
  const running = new Map();
  for (;;) {
    isWanted = false;
    for (const job of nextJobs(await waitingJobs(), [...running.keys()])) {
      running.set(job.id, send(job).finally(() => running.delete(job.id)));
    }
    if (!running.size) return;
    if (!isWanted) await Promise.race([...running.values(), woken()]);
  }
}

function woken() {
  return new Promise((resolve) => { wake = () => resolve(undefined); });
}

/**
 * What may start now: a few files side by side, orders one after another. Pure.
 * @param {Job[]} jobs waiting, oldest first
 * @param {string[]} running ids
 * @returns {Job[]}
 */
export function nextJobs(jobs, running) {
  const isRunning = (/** @type {Job} */ job) => running.includes(job.id);
  const pick = (/** @type {string} */ kind, /** @type {number} */ atOnce) => {
    const ofKind = jobs.filter((job) => job.kind === kind);
    const busy = ofKind.filter(isRunning).length;
    return ofKind.filter((job) => !isRunning(job)).slice(0, Math.max(0, atOnce - busy));
  };
  return [...pick("take", 1), ...pick("file", FILES_AT_ONCE)];
}

/** @param {Job} job */
async function send(job) {
  await countTry(job);
  try {
    await (job.kind === "file" ? sendFile(job) : keepSendingTake(job));
  } catch (error) {
    if (!(error instanceof Refused)) {
      // Stopped by its dismissal, or the browser's store failed: look again, but not at once.
      await rest(RETRY_MS);
      return;
    }
    const refused = await refuse(job, error);
    if (refused) announce("refused", { id: job.id, job: refused });
  }
}

/** @param {Job} job */
async function sendFile(job) {
  const blob = await jobBlob(job.id);
  if (!blob) throw new Refused(t("The browser lost this file. Drop it again."), "lost");
  const stopper = new AbortController();
  stoppers.set(job.id, stopper);
  try {
    const { asset, was_here, came_back } = await uploadFile({ id: job.id, name: job.name, blob, headers: asPerson(job) }, {
      onProgress: (sent) => announce("progress", { id: job.id, sent, size: job.size }),
      onTrouble: (message) => announce("trouble", { id: job.id, message }),
      signal: stopper.signal,
    });
    const known = job.role && !was_here ? await giveRole(asset, job) : asset;
    await finishFile(job, asset);
    const told = { wasHere: was_here, cameBack: came_back };
    announce("done", { id: job.id, job, asset: known, ...told });
  } finally {
    stoppers.delete(job.id);
  }
}

/** @param {any} asset @param {Job} job */
function giveRole(asset, job) {
  const headers = { "Content-Type": "application/json", ...asPerson(job) };
  const body = JSON.stringify({ role: job.role });
  return askJson(`/api/assets/${asset.id}`, { method: "PATCH", headers, body });
}

/** @param {Job} job */
async function keepSendingTake(job) {
  for (;;) {
    try {
      await serverBack();
      // Taken back meanwhile, perhaps in another tab.
      if (!(await waitingJobs()).some(({ id }) => id === job.id)) return;
      await sendTake(job);
      return;
    } catch (error) {
      if (error instanceof Refused) throw error;
      if (error instanceof NotNow) announce("trouble", { id: job.id, message: error.message });
      await rest(isServerAway() ? 0 : RETRY_MS);
    }
  }
}

/** @param {Job} job */
async function sendTake(job) {
  const sent = { "Content-Type": "application/json", "Idempotency-Key": job.id };
  const headers = { ...sent, ...asPerson(job) };
  const body = JSON.stringify(job.order);
  const take = await askJson("/api/takes", { method: "POST", headers, body });
  await finishTake(job, take);
  announce("done", { id: job.id, job, take });
  return take;
}

/** @param {File} file @param {number} limit */
function tooLarge(file, limit) {
  const size = (limit / 1e9).toFixed(1);
  const message = t("This file is larger than the {size} GB the studio takes in.", { size });
  return addRefused(file, message, "too_large");
}

/**
 * @param {string} what
 * @param {Record<string, any>} detail
 */
function announce(what, detail) {
  const message = { what, ...detail };
  channel.postMessage(message);
  tell(message);
}

/** @param {any} detail */
function tell(detail) {
  if (detail.what === "removed") stoppers.get(detail.id)?.abort();
  if (["done", "removed", "refused"].includes(detail.what)) letGo(detail.id);
  document.dispatchEvent(new CustomEvent("outbox", { detail }));
}
