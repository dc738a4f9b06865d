/**
 * The page's own database: IndexedDB `shortdrama`.
 *
 * `assets`  {id, fileName, fileType, blob, uploadedAt}                          a file that was dropped
 * `videos`  {id, prompt, videoBlob, videoUrl, generatedAt, soraJobId}           a clip that was watched
 * `prompts` {id, text, createdAt, videoId}                                      a prompt that was sent
 * `outbox`  {id, kind, state, tries, createdAt, name, size, role, order, message, code, owner}  what the server has not got yet
 * `kept`    {id, store, bytes, usedAt}                                          what is held, for the bound on size
 *
 * The first three are caches and payloads; only `outbox` says what still has to be done.
 * Times are milliseconds since 1970.
 */

const NAME = "shortdrama";
const VERSION = 1;
const STORES = ["assets", "videos", "prompts", "outbox", "kept"];

/** The browser has no room, or keeps nothing for this page. */
export class NoRoom extends Error {}

/** @type {Promise<IDBDatabase>|null} */
let opening = null;

/** @returns {Promise<IDBDatabase>} */
export function openStore() {
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, VERSION);
    request.onupgradeneeded = () => lay(request.result);
    request.onsuccess = () => resolve(watched(request.result));
    request.onerror = () => reject(request.error);
  }).catch((error) => {
    opening = null;
    throw new NoRoom(String(error?.message ?? error), { cause: error });
  });
  return opening;
}

/**
 * Read one record.
 * @param {string} store
 * @param {IDBValidKey} id
 * @returns {Promise<any>} undefined where there is none
 */
export async function read(store, id) {
  const database = await openStore();
  return answer(database.transaction(store).objectStore(store).get(id));
}

/**
 * Read a whole (small) store, by id.
 * @param {string} store
 * @returns {Promise<any[]>}
 */
export async function readAll(store) {
  const database = await openStore();
  return answer(database.transaction(store).objectStore(store).getAll());
}

/**
 * Change several stores at once, all or nothing; resolves when it is on the disk.
 * @param {string[]} stores
 * @param {(tx: IDBTransaction) => void} work runs synchronously
 */
export async function change(stores, work) {
  const database = await openStore();
  const tx = database.transaction(stores, "readwrite", { durability: "strict" });
  const settled = new Promise((resolve, reject) => {
    tx.oncomplete = () => resolve(undefined);
    tx.onabort = () => reject(tx.error ?? new Error("aborted"));
  });
  try {
    work(tx);
    await settled;
  } catch (error) {
    throw inWords(error);
  }
}

/**
 * @template T
 * @param {IDBRequest<T>} request
 * @returns {Promise<T>}
 */
export function answer(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** @param {IDBDatabase} database */
function lay(database) {
  for (const store of STORES) {
    const made = database.createObjectStore(store, { keyPath: "id" });
    // The service worker finds a clip by the address a player asks for.
    if (store === "videos") made.createIndex("videoUrl", "videoUrl");
  }
}

/** @param {IDBDatabase} database */
function watched(database) {
  // Another tab may bring a newer version of the page, or the user may clear the site's data.
  database.onversionchange = () => database.close();
  database.onclose = () => { opening = null; };
  return database;
}

/** @param {any} error */
function inWords(error) {
  return error?.name === "QuotaExceededError" ? new NoRoom(error.message, { cause: error }) : error;
}
