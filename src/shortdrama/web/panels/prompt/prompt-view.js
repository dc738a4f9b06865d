/** What the prompt panel draws into its HTML. Holds nothing; is told everything. */

import { t } from "../../static/js/i18n.js";
import { modelOf, moneyWords, offers, timeWords, words } from "./choice.js";
import { cutAtMentions } from "./mentions.js";
import { chip, symbol } from "./references.js";
import { extraOf, fittingModes, modeOf, modeWords, wishFields } from "./wishes.js";

/** @typedef {import("./choice.js").Model} Model */
/** @typedef {import("./choice.js").Choice} Choice */
/** @typedef {import("./references.js").Reference} Reference */
/** @typedef {{field: string, message: string, code?: string}} Problem */

/**
 * The four pickers and their menus.
 * @param {Element} panel
 * @param {Model[]} models
 * @param {Choice} choice
 */
export function drawChoice(panel, models, choice) {
  const model = modelOf(models, choice);
  for (const which of /** @type {const} */ (["model", "seconds", "size", "takes"])) {
    const value = String(which === "model" ? `${model.connection} ${model.model}` : choice[which]);
    const label = which === "model" ? model.label : words(which, value);
    write(panel, `[data-pick=${which}] [data-label]`, label);
    const items = offers(models, choice, which).map((offer) => menuItem(offer, value));
    panel.querySelector(`[data-menu=${which}]`)?.replaceChildren(...items);
  }
}

/**
 * What the pictures are, where there is a choice.
 * @param {Element} panel
 * @param {Model} model
 * @param {Choice} choice
 * @param {number} count of pictures
 */
export function drawMode(panel, model, choice, count) {
  const fitting = fittingModes(model, count);
  const mode = modeOf(model, choice, count) ?? "";
  panel.querySelector("[data-pick=mode]")?.toggleAttribute("hidden", fitting.length < 2);
  write(panel, "[data-pick=mode] [data-label]", modeWords(mode));
  const items = fitting.map((value) => menuItem({ value, label: modeWords(value), note: "", isOff: false }, mode));
  panel.querySelector("[data-menu=mode]")?.replaceChildren(...items);
}

/**
 * The fields of "More" that the model has, and how many of them say something.
 * @param {Element} panel
 * @param {Model} model
 * @param {Choice} choice
 */
export function drawWishes(panel, model, choice) {
  const fields = wishFields(model);
  for (const [name, isThere] of Object.entries(fields)) {
    panel.querySelector(`[data-of=${name}]`)?.toggleAttribute("hidden", !isThere);
    const field = /** @type {HTMLInputElement|null} */ (panel.querySelector(`[name=${name}]`));
    const value = String(choice[/** @type {"seed"|"sound"|"negative"} */ (name)]);
    if (field && field !== document.activeElement) field.value = value;
  }
  panel.querySelector("[data-more]")?.toggleAttribute("hidden", !Object.values(fields).some(Boolean));
  const count = Object.keys(extraOf(model, choice)).length;
  write(panel, "[data-more-words]", count ? String(count) : "");
}

/**
 * @param {Element} panel
 * @param {Reference[]} references
 * @param {{most: number|null, mode: string|undefined}} use how many the model takes, and what they are
 * @param {(id: string) => void} onRemove
 */
export function drawReferences(panel, references, { most, mode }, onRemove) {
  const ends = mode === "first_last" ? [t("First"), t("Last")] : [];
  const chips = references.map((reference, index) => chip(reference, () => onRemove(reference.id), ends[index]));
  panel.querySelector("[data-chips]")?.replaceChildren(...chips);
  panel.querySelector("[data-mention-words]")?.toggleAttribute("hidden", chips.length > 0);
  const isCounted = chips.length > 0 && most !== null;
  write(panel, "[data-count]", isCounted ? t("References: {count} of {most}", { count: chips.length, most }) : "");
}

/**
 * Marks under the mentions of the text.
 * @param {HTMLElement} layer
 * @param {HTMLTextAreaElement} field
 * @param {string[]} names
 */
export function drawMarks(layer, field, names) {
  // A last empty line has no height of its own in a block.
  const parts = cutAtMentions(`${field.value}\n`, names).map(({ text, isMention }) => {
    if (!isMention) return text;
    const mark = document.createElement("span");
    mark.className = "mention";
    mark.textContent = text;
    return mark;
  });
  layer.replaceChildren(...parts);
  layer.scrollTop = field.scrollTop;
}

/**
 * What is wrong, and where one click mends it, the button for that.
 * @param {Element} panel
 * @param {Problem[]} problems
 * @param {number|null} most references that the model takes
 */
export function drawProblems(panel, problems, most) {
  const isOfText = problems.some(({ field }) => field === "prompt");
  write(panel, "#prompt-problems", problems.map(({ message }) => message).join(" "));
  const hint = panel.querySelector("#prompt-problems");
  hint?.toggleAttribute("hidden", !problems.length);
  if (problems.length) hint?.prepend(symbol("failed"));
  if (most !== null && problems.some(({ code }) => code === "too_many_references")) hint?.append(firstOnly(most));
  const field = panel.querySelector("textarea");
  if (isOfText) field?.setAttribute("aria-invalid", "true");
  else field?.removeAttribute("aria-invalid");
  panel.querySelector(".prompt-box")?.classList.toggle("invalid", isOfText);
}

/**
 * @param {Element} panel
 * @param {{microUsd: number|null, seconds: number|null, isBehind?: boolean}} estimate of all takes together
 * @param {Model} model
 * @param {number} takes
 */
export function drawEstimate(panel, estimate, model, takes) {
  write(panel, "[data-money]", moneyWords(estimate.microUsd));
  write(panel, "[data-time]", timeWords(estimate, takes, model.isHere));
  write(panel, "[data-price-source]", model.priceSource);
  panel.querySelector("[data-price-button]")?.toggleAttribute("disabled", !model.priceSource);
}

/** @param {Element} panel @param {string} selector @param {string} text */
function write(panel, selector, text) {
  const element = panel.querySelector(selector);
  if (element) element.textContent = text;
}

/** @param {import("./choice.js").Offer} offer @param {string} current */
function menuItem({ value, label, note, isOff }, current) {
  const button = document.createElement("button");
  button.type = "button";
  button.setAttribute("role", "menuitemradio");
  button.setAttribute("aria-checked", String(value === current));
  button.dataset.value = value;
  button.disabled = isOff;
  button.append(symbol("check"), part("grow", label), part("dim2 xs", note));
  return button;
}

/** @param {number} most */
function firstOnly(most) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn";
  button.dataset.useFirst = "";
  const several = most ? t("Use only the first {count}", { count: most }) : t("Use no references");
  button.textContent = most === 1 ? t("Use only the first") : several;
  return button;
}

/** @param {string} className @param {string} text */
function part(className, text) {
  const span = document.createElement("span");
  span.className = className;
  span.textContent = text;
  return span;
}
