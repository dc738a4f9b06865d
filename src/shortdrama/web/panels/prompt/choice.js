/**
 * What the pickers of the prompt hold, and what they offer. Pure.
 *
 * @typedef {{model: string, label: string, connection: string, connectionName: string, isReady: boolean,
 *   isFailing: boolean, priceSource: string, isHere: boolean, seconds: number[], sizes: string[], references: number|null,
 *   microUsdPerSecond: number|null, microUsdBySize: Record<string, number>, defaultSeconds: number, defaultSize: string,
 *   referenceKinds: string[], modes: string[], sound: string, hasSeed: boolean, hasNegative: boolean}} Model
 * @typedef {{model: string, connection: string, seconds: number, size: string, takes: number,
 *   mode: string, seed: string, sound: string, negative: string}} Choice
 * @typedef {{value: string, label: string, note: string, isOff: boolean}} Offer
 */

import { t } from "../../static/js/i18n.js";
import { dollars } from "../spend/ask-price.js";

const MOST_TAKES = 4;
const USUAL_SECONDS = [2, 4, 5, 6, 8, 10, 12];
const USUAL_SIZES = ["720x1280", "1080x1920", "1280x720", "1024x1024"];

/**
 * The choice that is nearest to a wished one among what there is.
 * @param {Model[]} models
 * @param {Partial<Choice>} wish
 * @returns {Choice}
 */
export function settle(models, wish) {
  const model = modelOf(models, wish);
  const seconds = wish.seconds ?? model.defaultSeconds;
  const size = wish.size ?? model.defaultSize;
  return {
    model: model.model,
    connection: model.connection,
    seconds: fits(model.seconds, seconds) ? seconds : model.defaultSeconds,
    size: fits(model.sizes, size) ? size : model.defaultSize,
    takes: Math.min(MOST_TAKES, Math.max(1, wish.takes ?? 1)),
    // Kept while another model is chosen that knows nothing of them.
    mode: wish.mode ?? "",
    seed: wish.seed ?? "",
    sound: wish.sound ?? "",
    negative: wish.negative ?? "",
  };
}

/** @param {Model[]} models @param {Partial<Choice>} choice */
export function modelOf(models, choice) {
  return models.find((m) => m.model === choice.model && m.connection === choice.connection) ?? models[0];
}

/** Nothing known means nothing refused. @template T @param {T[]} offered @param {T} wanted */
function fits(offered, wanted) {
  return !offered.length || offered.includes(wanted);
}

/**
 * @param {Model[]} models
 * @param {Choice} choice
 * @param {"model"|"seconds"|"size"|"takes"} which
 * @returns {Offer[]}
 */
export function offers(models, choice, which) {
  const model = modelOf(models, choice);
  if (which === "model") return models.map(modelOffer);
  const values = {
    seconds: model.seconds.length ? model.seconds : withOwn(USUAL_SECONDS, model.defaultSeconds),
    size: model.sizes.length ? model.sizes : withOwn(USUAL_SIZES, model.defaultSize),
    takes: Array.from({ length: MOST_TAKES }, (_, index) => index + 1),
  }[which];
  return values.map((value) => ({
    value: String(value), label: words(which, String(value)), note: which === "size" ? shape(String(value)) : "", isOff: false,
  }));
}

/** @template T @param {T[]} usual @param {T} own */
function withOwn(usual, own) {
  return usual.includes(own) ? usual : [own, ...usual];
}

/** @param {Model} model @returns {Offer} */
function modelOffer(model) {
  const state = !model.isReady ? t("no key") : model.isFailing ? t("check failed") : "";
  const note = [model.connectionName, state].filter(Boolean).join(" · ");
  const isOff = !model.isReady;
  return { value: `${model.connection} ${model.model}`, label: model.label, note, isOff };
}

/** @param {Choice} choice @param {string} which @param {string} value @returns {Partial<Choice>} */
export function picked(choice, which, value) {
  if (which !== "model") return { ...choice, [which]: which === "size" || which === "mode" ? value : Number(value) };
  const [connection, ...model] = value.split(" ");
  return { ...choice, connection, model: model.join(" ") };
}

/** What stands in a picker. @param {string} which @param {string} value */
export function words(which, value) {
  if (which === "seconds") return `${value} s`;
  if (which === "size") return value.replace("x", " × ");
  return Number(value) === 1 ? t("1 take") : t("{count} takes", { count: value });
}

/** @param {string} size */
function shape(size) {
  const [width, height] = size.split("x").map(Number);
  const known = [[9, 16], [16, 9], [1, 1], [4, 5], [3, 4], [4, 3], [2, 3], [3, 2]]
    .find(([w, h]) => Math.abs(width / height - w / h) < 0.01);
  return known ? known.join(":") : "";
}

/** "Free", "$0.80" or that nobody knows. @param {number|null} microUsd */
export function moneyWords(microUsd) {
  if (microUsd === null) return t("Price unknown");
  return microUsd ? dollars(microUsd) : t("Free");
}

/**
 * "about 90 s for 1 take".
 * @param {{seconds: number|null, isBehind?: boolean}} estimate until all takes are ready, and whether others go before
 * @param {number} takes
 * @param {boolean} isHere made on this machine
 */
export function timeWords({ seconds, isBehind = false }, takes, isHere) {
  if (seconds === null) return isHere ? t("on this machine") : "";
  const time = seconds < 90
    ? t("about {seconds} s", { seconds: Math.max(1, Math.round(seconds)) })
    : t("about {minutes} min", { minutes: Math.round(seconds / 60) });
  if (isBehind) return t("{time}, after the queue", { time });
  if (isHere && takes === 1) return t("{time}, on this machine", { time });
  return takes === 1 ? t("{time} for 1 take", { time }) : t("{time} for {count} takes", { time, count: takes });
}
