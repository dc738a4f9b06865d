/**
 * One file to the server in slices, resumable: the server's count of bytes is the only truth.
 *
 * POST /api/uploads {id, size, name} opens (again) · HEAD tells the offset · PATCH brings a slice.
 * Whatever goes wrong on the way is tried again from where the server stands, except a refusal.
 */

import { t } from "./i18n.js";
import { markAway, markHere, serverBack } from "./presence.js";

export const SLICE_BYTES = 8 * 1024 * 1024;
const FINAL = new Set([400, 402, 403, 404, 405, 413, 415, 422]);
const FIRST_MS = 200;
const LONGEST_MS = 5000;

/** The server has looked and says no; trying again does not help. */
export class Refused extends Error {
  /**
   * @param {string} message a sentence for the reader
   * @param {string} code
   * @param {any} [problem] the server's `error` object
   */
  constructor(message, code, problem = null) {
    super(message);
    this.code = code;
    this.problem = problem;
  }
}

/** The server answers, but cannot take it at the moment. */
export class NotNow extends Error {}

/**
 * @typedef {{id: string, name: string, blob: Blob, headers: Record<string, string>}} Upload
 *   `headers` go with every request
 * @typedef {{offset: number, asset: any, was_here: boolean, came_back: boolean}} UploadState
 */

/**
 * Bring a file in; resolves when the server has it whole.
 * @param {Upload} upload
 * @param {{onProgress?: (sent: number) => void, onTrouble?: (message: string) => void,
 *   signal?: AbortSignal}} [options] `onTrouble` hears why it waits, where the server said so
 * @returns {Promise<UploadState>} with `asset` set
 * @throws {Refused} the server's final no
 */
export async function uploadFile(upload, { onProgress = quiet, onTrouble = quiet, signal } = {}) {
  let pause_ms = FIRST_MS;
  let known = -1;
  for (;;) {
    signal?.throwIfAborted();
    try {
      let state = await begin(upload);
      while (!state.asset) {
        if (state.offset > known) pause_ms = FIRST_MS;
        known = state.offset;
        onProgress(state.offset);
        state = await bring(upload, state.offset, onProgress, signal);
      }
      onProgress(upload.blob.size);
      return state;
    } catch (error) {
      if (error instanceof Refused || signal?.aborted) throw error;
      if (error instanceof NotNow) onTrouble(error.message);
      await rest(pause_ms);
      await serverBack();
      pause_ms = Math.min(pause_ms * 2, LONGEST_MS);
    }
  }
}

/**
 * Ask the server as JSON, telling presence how it went.
 * @param {string} url
 * @param {RequestInit} options
 */
export async function askJson(url, options) {
  let response;
  try {
    response = await fetch(url, options);
  } catch (error) {
    markAway();
    throw error;
  }
  const body = await response.json().catch(() => ({}));
  return settled(response.status, body);
}

/**
 * @param {number} status
 * @param {any} body
 */
function settled(status, body) {
  if (status < 500) markHere();
  if (status >= 200 && status < 300) return body;
  const problem = body?.error ?? null;
  const message = problem?.message ?? `HTTP ${status}`;
  if (FINAL.has(status)) throw new Refused(message, problem?.code ?? `http_${status}`, problem);
  throw new NotNow(message);
}

/** @param {Upload} upload */
function begin({ id, name, blob, headers }) {
  const body = JSON.stringify({ id, size: blob.size, name });
  const sent = { "Content-Type": "application/json", ...headers };
  return askJson("/api/uploads", { method: "POST", headers: sent, body });
}

/**
 * One slice.
 * @param {Upload} upload
 * @param {number} offset
 * @param {(sent: number) => void} onProgress
 * @param {AbortSignal} [signal]
 * @returns {Promise<UploadState>}
 */
async function bring(upload, offset, onProgress, signal) {
  const { status, body } = await patch(upload, offset, onProgress, signal);
  // The server has forgotten this upload (other data, or it was given up): begin it anew.
  if (status === 404) throw new NotNow("the upload begins anew");
  return settled(status, body);
}

/**
 * A request without an answer: the line is dead, or the file behind the blob has gone.
 * @param {Blob} slice
 */
async function noAnswer(slice) {
  try {
    await slice.slice(0, 1).arrayBuffer();
  } catch {
    return new Refused(t("The file was changed or moved while it went up. Drop it again."), "unreadable");
  }
  markAway();
  return new Error("no connection");
}

/**
 * XMLHttpRequest, because fetch tells nothing about what has left so far.
 * @param {Upload} upload
 * @param {number} offset
 * @param {(sent: number) => void} onProgress
 * @param {AbortSignal} [signal]
 * @returns {Promise<{status: number, body: any}>}
 */
function patch({ id, blob, headers }, offset, onProgress, signal) {
  const slice = blob.slice(offset, offset + SLICE_BYTES);
  const sent = {
    ...headers,
    "Upload-Offset": String(offset),
    "Content-Type": "application/offset+octet-stream",
  };
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const stop = () => request.abort();
    request.open("PATCH", `/api/uploads/${id}`);
    for (const [name, value] of Object.entries(sent)) request.setRequestHeader(name, value);
    request.responseType = "json";
    request.upload.onprogress = (event) => onProgress(offset + event.loaded);
    request.onload = () => resolve({ status: request.status, body: request.response });
    request.onerror = () => { noAnswer(slice).then(reject); };
    request.onabort = () => reject(new DOMException("stopped", "AbortError"));
    request.onloadend = () => signal?.removeEventListener("abort", stop);
    signal?.addEventListener("abort", stop, { once: true });
    request.send(slice);
  });
}

/** @param {number} ms */
export function rest(ms) {
  return new Promise((resolve) => { setTimeout(resolve, ms); });
}

function quiet() {}
