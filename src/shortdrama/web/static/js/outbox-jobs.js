/**
 * What the server has not got yet, kept so that it survives a dead server and a closed browser.
 *
 * A job of kind "file" has its bytes in store `assets`, one of kind "take" its text in `prompts`,
 * all under the job's id, which is also the upload id or the idempotency key. Where the browser
 * keeps nothing (no room, private window), jobs live in memory and `isKept` is false.
 *
 * A job is its maker's (`owner`, as person.js says it): everybody else's stay where they are, and
 * nothing here but `othersJobs` knows of them.
 */

import { forgetKept, keptRecord, makeRoom } from "./cache.js";
import { newHexId } from "./hex-id.js";
import { NoRoom, change, read, readAll } from "./local-store.js";
import { isOwn, person } from "./person.js";

/**
 * @typedef {{id: string, kind: "file"|"take", state: "waiting"|"refused", tries: number,
 *   createdAt: number, name: string, size: number, role: string, order: any, message: string,
 *   code: string, owner?: string, isKept?: boolean}} Job
 */

const COPIED_BYTES = 32 * 1024 * 1024;
/** @type {Map<string, {job: Job, blob: Blob|null}>} */
const inMemory = new Map();

/**
 * @param {File} file
 * @param {string} role what it stands for; "" leaves that to the server
 * @returns {Promise<Job>}
 */
export async function addFile(file, role) {
  const job = blank(newHexId(), "file", { name: file.name, size: file.size, role });
  const blob = await asDropped(file);
  inMemory.set(job.id, { job, blob });
  const uploadedAt = job.createdAt;
  const record = { id: job.id, fileName: file.name, fileType: file.type, blob, uploadedAt };
  job.isKept = await keep(job, "assets", record, file.size);
  return job;
}

/**
 * What was dropped, whatever becomes of it on the disk: even what the browser has stored may be
 * read from there for a while. A large file is not held in memory for it.
 *
 * @param {File} file
 * @returns {Promise<Blob>}
 */
async function asDropped(file) {
  if (file.size > COPIED_BYTES) return file;
  const bytes = await file.arrayBuffer().catch(() => null);
  return bytes ? new Blob([bytes], { type: file.type }) : file;
}

/**
 * @param {string} key the order's idempotency key
 * @param {any} order the body of POST /api/takes
 * @returns {Promise<Job>}
 */
export async function addTake(key, order) {
  const job = blank(key, "take", { name: order.prompt, order });
  inMemory.set(key, { job, blob: null });
  const record = { id: key, text: order.prompt, createdAt: job.createdAt };
  job.isKept = await keep(job, "prompts", record, order.prompt.length);
  return job;
}

/** A file that is refused before anything is sent.
 * @param {File} file
 * @param {string} message
 * @param {string} code
 * @returns {Promise<Job>}
 */
export async function addRefused(file, message, code) {
  const said = { name: file.name, size: file.size, state: "refused", message, code };
  const job = blank(newHexId(), "file", said);
  job.isKept = await store(job).then(() => true, () => false);
  if (!job.isKept) inMemory.set(job.id, { job, blob: null });
  return job;
}

/** @returns {Promise<Job[]>} one's own, oldest first, the refused ones too */
export async function allJobs() {
  const written = (await readAll("outbox").catch(() => [])).filter(isOwn);
  const kept = written.map((job) => ({ ...job, isKept: true }));
  const others = [...inMemory.values()].map(({ job }) => job).filter((job) => job.isKept === false);
  return [...kept, ...others].sort((a, b) => a.createdAt - b.createdAt);
}

/**
 * Those of other people, and those from before anybody had to log in, or jobs had owners.
 * @returns {Promise<{others: Job[], unclaimed: Job[]}>}
 */
export async function othersJobs() {
  const all = await readAll("outbox").catch(() => []);
  const foreign = all.filter((job) => !isOwn(job) && job.state === "waiting");
  const others = foreign.filter((job) => job.owner);
  return { others, unclaimed: foreign.filter((job) => !job.owner) };
}

/** Take over what is nobody's. @returns {Promise<Job[]>} */
export async function claimJobs() {
  const { unclaimed } = await othersJobs();
  const claimed = unclaimed.map((job) => ({ ...job, owner: person() }));
  await change(["outbox"], (tx) => {
    for (const job of claimed) tx.objectStore("outbox").put(job);
  });
  return claimed.map((job) => ({ ...job, isKept: true }));
}

/** Another tab has dealt with a job that began here. @param {string} id */
export function letGo(id) {
  if (inMemory.get(id)?.job.isKept) inMemory.delete(id);
}

/** @returns {Promise<Job[]>} */
export async function waitingJobs() {
  return (await allJobs()).filter((job) => job.state === "waiting");
}

/**
 * The bytes of a file job. The kept copy stays as it was dropped, whatever happens to the file on
 * the disk afterwards; only where there is none, the file itself is read.
 * @param {string} id
 * @returns {Promise<Blob|null>}
 */
export async function jobBlob(id) {
  const held = inMemory.get(id);
  const kept = held?.job.isKept === false ? null : await read("assets", id).catch(() => null);
  return kept?.blob ?? held?.blob ?? null;
}

/** The server has it: what was payload becomes cache, under the server's id.
 * @param {Job} job
 * @param {any} asset
 */
export async function finishFile(job, asset) {
  inMemory.delete(job.id);
  const record = await read("assets", job.id).catch(() => null);
  await settle(job, (tx) => {
    if (!record) return;
    tx.objectStore("assets").delete(job.id);
    tx.objectStore("assets").put({ ...record, id: asset.id });
    forgetKept(tx, "assets", job.id);
    tx.objectStore("kept").put(keptRecord("assets", asset.id, job.size));
  });
}

/** @param {Job} job @param {any} take */
export async function finishTake(job, take) {
  inMemory.delete(job.id);
  const { id, createdAt } = job;
  await settle(job, (tx) => {
    tx.objectStore("prompts").put({ id, text: job.order.prompt, createdAt, videoId: take.id });
  });
}

/** The final no stays on its tile until somebody has read it; the bytes go.
 * @param {Job} job
 * @param {{message: string, code: string}} refusal
 * @returns {Promise<Job|null>} null where the job is no longer there
 */
export async function refuse(job, { message, code }) {
  const present = (await allJobs()).some(({ id }) => id === job.id);
  if (!present) return null;
  /** @type {Job} */
  const refused = { ...job, state: "refused", message, code };
  if (job.isKept) inMemory.delete(job.id);
  else inMemory.set(job.id, { job: refused, blob: null });
  await settle(job, (tx) => {
    if (job.kind === "file") {
      tx.objectStore("assets").delete(job.id);
      forgetKept(tx, "assets", job.id);
    }
    if (job.isKept) tx.objectStore("outbox").put(bare(refused));
  });
  return refused;
}

/** Forget a job, sent or not.
 * @param {Job} job
 */
export async function forget(job) {
  inMemory.delete(job.id);
  const payload = job.kind === "file" ? "assets" : "prompts";
  await settle(job, (tx) => {
    tx.objectStore(payload).delete(job.id);
    forgetKept(tx, payload, job.id);
  });
}

/** @param {Job} job */
export async function countTry(job) {
  job.tries += 1;
  if (!job.isKept) return;
  await change(["outbox"], (tx) => {
    const outbox = tx.objectStore("outbox");
    const asked = outbox.get(job.id);
    // It may have been dismissed meanwhile: a try must not bring it back.
    asked.onsuccess = () => { if (asked.result) outbox.put(bare(job)); };
  }).catch(() => {});
}

/**
 * @param {string} id
 * @param {"file"|"take"} kind
 * @param {Partial<Job>} said
 * @returns {Job}
 */
function blank(id, kind, said) {
  const empty = { name: "", size: 0, role: "", order: null, message: "", code: "" };
  const made = { createdAt: Date.now(), owner: person() };
  return { id, kind, state: "waiting", tries: 0, ...made, ...empty, ...said };
}

/** What is written down of a job: `isKept` is about this page only.
 * @param {Job} job
 */
function bare(job) {
  const { isKept: _, ...written } = job;
  return written;
}

/** @param {Job} job */
function store(job) {
  return change(["outbox"], (tx) => { tx.objectStore("outbox").put(bare(job)); });
}

/**
 * Payload and job in one transaction; false where the browser has no room even after clearing.
 * @param {Job} job
 * @param {string} payload
 * @param {any} record
 * @param {number} bytes
 */
async function keep(job, payload, record, bytes) {
  try {
    await makeRoom(bytes);
    await change([payload, "outbox", "kept"], (tx) => {
      tx.objectStore(payload).put(record);
      tx.objectStore("kept").put(keptRecord(payload, job.id, bytes));
      tx.objectStore("outbox").put(bare(job));
    });
    return true;
  } catch (error) {
    if (error instanceof NoRoom || error instanceof DOMException) return false;
    throw error;
  }
}

/** @param {Job} job @param {(tx: IDBTransaction) => void} work */
async function settle(job, work) {
  try {
    await change(["assets", "prompts", "outbox", "kept"], (tx) => {
      tx.objectStore("outbox").delete(job.id);
      work(tx);
    });
  } catch (error) {
    if (!(error instanceof NoRoom)) throw error;
  }
}
