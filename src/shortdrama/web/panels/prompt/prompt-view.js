/** What the prompt panel draws into its HTML. Holds nothing; is told everything. */

import { t } from "../../static/js/i18n.js";
import { modelOf, moneyWords, offers, timeWords, words } from "./choice.js";
import { cutAtMentions } from "./mentions.js";
import { chip, symbol } from "./references.js";

/** @typedef {import("./choice.js").Model} Model */
/** @typedef {import("./choice.js").Choice} Choice */
/** @typedef {import("./references.js").Reference} Reference */

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
 * @param {Element} panel
 * @param {Reference[]} references
 * @param {number|null} most that the model takes
 * @param {(id: string) => void} onRemove
 */
export function drawReferences(panel, references, most, onRemove) {
  const chips = references.map((reference) => chip(reference, () => onRemove(reference.id)));
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
 * @param {Element} panel
 * @param {{field: string, message: string}[]} problems
 */
export function drawProblems(panel, problems) {
  const isOfText = problems.some(({ field }) => field === "prompt");
  write(panel, "#prompt-problems", problems.map(({ message }) => message).join(" "));
  const hint = panel.querySelector("#prompt-problems");
  hint?.toggleAttribute("hidden", !problems.length);
  if (problems.length) hint?.prepend(symbol("failed"));
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

/** @param {string} className @param {string} text */
function part(className, text) {
  const span = document.createElement("span");
  span.className = className;
  span.textContent = text;
  return span;
}
