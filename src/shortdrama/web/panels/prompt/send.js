/**
 * Orders on their way: each press of Generate makes one order and one key a take, and the same key
 * never makes a second take. The outbox keeps an order until its answer is known, also through a
 * reload and while the server is away.
 */

import { newHexId } from "../../static/js/hex-id.js";
import { enqueueTake } from "../../static/js/outbox.js";

const TWICE_MS = 700;
let lastText = "";
let lastAt_ms = -Infinity;

/**
 * @typedef {{prompt: string, model: string, connection_id: string, seconds: number, size: string,
 *   references: string[], shot_id: string, mode?: string, extra?: {seed?: number, [name: string]: unknown},
 *   confirmed_micro_usd?: number}} Order
 */

/**
 * Whether a press is the second half of a double one. The same order is wanted again only after a moment.
 * @param {Order} order
 * @param {number} now_ms
 */
export function isDoublePress(order, now_ms) {
  const text = JSON.stringify(order);
  const isTwice = text === lastText && now_ms - lastAt_ms < TWICE_MS;
  lastText = text;
  lastAt_ms = now_ms;
  return isTwice;
}

/** The last press came to nothing: the same order may be pressed again at once. */
export function forgetPress() {
  lastText = "";
}

/**
 * @param {Order} order
 * @param {string} [key] made here; the same key again is the same take
 * @returns {Promise<{take: any}|{queued: true, message: string}>}
 */
export function sendTake(order, key = newHexId()) {
  return enqueueTake({ key, order });
}

/**
 * One order for each take.
 * @param {Order} order
 * @param {number} count
 */
export async function sendTakes(order, count) {
  const answers = [];
  for (let index = 0; index < count; index += 1) answers.push(await sendTake(nth(order, index)));
  return answers;
}

/** The same seed again would be the same clip again: each further take has the next one. @param {Order} order @param {number} index */
function nth(order, index) {
  const seed = order.extra?.seed;
  return seed === undefined || !index ? order : { ...order, extra: { ...order.extra, seed: seed + index } };
}
