/**
 * What pictures are to a clip, and what else may be wished for: seed, sound, what must not be seen.
 * Pure. Only what the model can do is offered and sent; what is known of no model is not offered.
 *
 * @typedef {import("./choice.js").Model} Model
 * @typedef {import("./choice.js").Choice} Choice
 */

import { t } from "../../static/js/i18n.js";

/** In the order of the first that is taken where nobody chose. */
const FITTING = { 1: ["first_frame", "references"], 2: ["references", "first_last"] };

/** @param {Model} model @param {number} count of pictures */
export function fittingModes(model, count) {
  if (!count) return [];
  const fitting = FITTING[/** @type {1|2} */ (count)] ?? ["references"];
  return fitting.filter((mode) => model.modes.includes(mode));
}

/** The mode that goes with the order; undefined where the server decides. @param {Model} model @param {Choice} choice @param {number} count */
export function modeOf(model, choice, count) {
  const fitting = fittingModes(model, count);
  return fitting.includes(choice.mode) ? choice.mode : fitting[0];
}

/** @param {string} mode */
export function modeWords(mode) {
  if (mode === "first_frame") return t("First frame");
  if (mode === "first_last") return t("First and last frame");
  return t("References");
}

/** Which fields "More" shows. @param {Model} model */
export function wishFields(model) {
  return { seed: model.hasSeed, sound: model.sound === "switch", negative: model.hasNegative };
}

/** `extra` of the order. @param {Model} model @param {Choice} choice */
export function extraOf(model, choice) {
  /** @type {{seed?: number, sound?: boolean, negative_prompt?: string}} */
  const extra = {};
  const can = wishFields(model);
  const seed = Number(choice.seed);
  if (can.seed && choice.seed !== "" && Number.isSafeInteger(seed) && seed >= 0) extra.seed = seed;
  if (can.sound && choice.sound) extra.sound = choice.sound === "on";
  if (can.negative && choice.negative.trim()) extra.negative_prompt = choice.negative.trim();
  return extra;
}
