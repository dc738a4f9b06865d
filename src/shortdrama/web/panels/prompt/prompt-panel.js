/**
 * <prompt-panel data-shot data-models>: text, references, pickers, estimate and Generate, all in its HTML.
 *
 * Hears `reference-toggle` {asset, selected} and answers `references-changed` {ids}; hears
 * `prompt-picked` {text} and `draft-changed`. What cannot be done is said under the text while it is
 * written; Generate says it again and sends nothing then.
 */

import { isMac, writeMacKeys } from "../../static/js/keys.js";
import { t } from "../../static/js/i18n.js";
import { showToast } from "../../static/js/toast.js";
import { askJson } from "../../static/js/upload.js";
import { modelOf, picked, settle } from "./choice.js";
import { keepDraft, loadDraft } from "./draft.js";
import { MentionLinks } from "./mention-links.js";
import { MentionMenu } from "./mentions.js";
import { PastWalk } from "./past.js";
import {
  drawChoice, drawEstimate, drawMarks, drawMode, drawProblems, drawReferences, drawWishes,
} from "./prompt-view.js";
import { declineWords, keepReferences, keptReferences } from "./references.js";
import { forgetPress, isDoublePress, sendTakes } from "./send.js";
import { extraOf, modeOf } from "./wishes.js";
import { askPrice, priceToConfirm } from "../spend/ask-price.js";

const CHOICE = "prompt:choice";
const CHECK_MS = 250;

class PromptPanel extends HTMLElement {
  /** @type {import("./choice.js").Model[]} */
  #models = [];
  /** @type {import("./choice.js").Choice} */
  #choice = /** @type {any} */ (null);
  /** @type {import("./references.js").Reference[]} */
  #references = [];
  /** @type {import("./prompt-view.js").Problem[]} */
  #problems = [];
  /** @type {Map<string, {seconds: number|null, isBehind: boolean}>} what the server said, by choice */
  #times = new Map();
  #past = new PastWalk();
  #links = new MentionLinks();
  /** @type {number|null} a click that costs more is asked about; as the server said last */
  #askAbove = null;
  #timer = 0;
  #timing = 0;
  #turn = 0;
  /** @type {AbortController|null} */
  #listening = null;

  connectedCallback() {
    this.#models = JSON.parse(this.dataset.models ?? "[]");
    // A take that failed is mended as what it was, not as what was chosen for another shot.
    const own = { ...JSON.parse(localStorage.getItem(CHOICE) ?? "{}"), ...JSON.parse(this.dataset.wish ?? "{}") };
    this.#choice = settle(this.#models, own);
    this.#references = keptReferences(this.#shot);
    this.#listening = new AbortController();
    const options = { signal: this.#listening.signal };
    const menu = /** @type {HTMLElement} */ (this.querySelector("#mentions"));
    const mentions = new MentionMenu(this.#field, menu, {
      choose: (asset) => this.#add({ ...asset, byMention: true }), kinds: () => this.#model.referenceKinds,
    }, options.signal);
    this.#field.addEventListener("input", this.#typed, options);
    this.#field.addEventListener("keydown", this.#key, options);
    this.#field.addEventListener("scroll", () => { this.#marks.scrollTop = this.#field.scrollTop; }, options);
    this.addEventListener("click", (event) => this.#clicked(event, mentions), options);
    this.querySelector("#prompt-more")?.addEventListener("input", this.#wished, options);
    document.addEventListener("reference-toggle", this.#toggled, options);
    document.addEventListener("prompt-picked", this.#picked, options);
    document.addEventListener("draft-changed", this.#drafted, options);
    document.addEventListener("studio-event", this.#told, options);
    document.addEventListener("studio-key", this.#pageKey, options);
    this.closest("form")?.addEventListener("submit", (event) => event.preventDefault(), options);
    if (isMac) writeMacKeys(this);
    this.#draw();
    // The tiles may come to life after this.
    customElements.whenDefined("asset-panel").then(() => this.isConnected && this.#tellReferences());
    this.#estimate();
    if (this.#field.value) this.#check();
    else this.#checkSoon();
    this.#link();
  }

  disconnectedCallback() {
    this.#listening?.abort();
    window.clearTimeout(this.#timer);
    window.clearTimeout(this.#timing);
    keepDraft.flush();
  }

  get #model() {
    return modelOf(this.#models, this.#choice);
  }

  get #mode() {
    return modeOf(this.#model, this.#choice, this.#references.length);
  }

  get #shot() {
    return this.dataset.shot ?? "";
  }

  get #field() {
    return /** @type {HTMLTextAreaElement} */ (this.querySelector("textarea"));
  }

  get #marks() {
    return /** @type {HTMLElement} */ (this.querySelector("[data-marks]"));
  }

  #typed = () => {
    const kept = this.#links.kept(this.#field.value, this.#references);
    if (kept.length < this.#references.length) this.#setReferences(kept);
    this.#drawMarks();
    this.#say(this.#problems.filter(({ field }) => field !== "prompt"));
    keepDraft.soon(this.#shot, this.#field.value);
    this.#checkSoon();
  };

  #key = async (/** @type {KeyboardEvent} */ event) => {
    if (event.isComposing) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      if (!event.repeat) this.#generate();
    } else if (event.key === "ArrowUp" && this.#past.canGoUp(this.#field.value)) {
      event.preventDefault();
      const text = await this.#past.older().catch(() => null);
      if (text !== null) this.#write(text);
    } else if (event.key === "ArrowDown" && this.#past.canGoDown(this.#field.value)) {
      event.preventDefault();
      this.#write(this.#past.newer());
    } else if (event.key === "Escape") this.#field.blur();
  };

  #pageKey = (/** @type {Event} */ event) => {
    const { name } = /** @type {CustomEvent} */ (event).detail;
    if (name === "prompt") this.#field.focus();
    else if (name === "generate") this.#generate();
    else return;
    event.preventDefault();
  };

  /** @param {MouseEvent} event @param {MentionMenu} mentions */
  #clicked(event, mentions) {
    const at = event.target instanceof Element ? event.target : null;
    const item = at?.closest("[data-value]");
    if (item instanceof HTMLElement) this.#pick(item);
    else if (at?.closest("[data-generate]") && event.detail < 2) this.#generate();
    else if (at?.closest("[data-mention]")) this.#beginMention(mentions);
    else if (at?.closest("[data-use-first]")) this.#useFirst();
  }

  /** As many references as the model takes; they stand in the order in which they were chosen. */
  #useFirst() {
    const most = this.#model.references ?? undefined;
    if (most !== undefined) this.#links.leave(this.#references.slice(most));
    this.#setReferences(this.#references.slice(0, most));
    this.#field.focus();
  }

  /** @param {MentionMenu} mentions */
  #beginMention(mentions) {
    const field = this.#field;
    const isApart = /(^|\s)$/.test(field.value.slice(0, field.selectionStart));
    field.focus();
    field.setRangeText(isApart ? "@" : " @", field.selectionStart, field.selectionEnd, "end");
    this.#typed();
    mentions.look();
  }

  /** @param {HTMLElement} item */
  #pick(item) {
    const menu = /** @type {HTMLElement} */ (item.closest("[data-menu]"));
    this.#keep(picked(this.#choice, menu.dataset.menu ?? "", item.dataset.value ?? ""));
    menu.hidePopover();
    this.#check();
  }

  /** A field of "More". */
  #wished = (/** @type {Event} */ event) => {
    const field = /** @type {HTMLInputElement} */ (event.target);
    this.#keep({ ...this.#choice, [field.name]: field.value });
    this.#checkSoon();
  };

  /** @param {Partial<import("./choice.js").Choice>} wish */
  #keep(wish) {
    this.#choice = settle(this.#models, wish);
    localStorage.setItem(CHOICE, JSON.stringify(this.#choice));
    this.#draw();
  }

  #toggled = (/** @type {Event} */ event) => {
    const { asset, selected } = /** @type {CustomEvent} */ (event).detail;
    if (!selected) this.#remove(asset.id);
    else if (this.#model.referenceKinds.includes(asset.kind)) this.#add(asset);
    else this.#decline(asset);
  };

  /** A take comes or goes: the time is another. A reference that was renamed elsewhere is called by its new name here. */
  #told = async (/** @type {Event} */ event) => {
    const { kind, data } = /** @type {CustomEvent} */ (event).detail;
    if (kind === "take.changed") this.#timeSoon();
    const isMine = this.#references.some(({ id }) => id === data.asset_id);
    if (kind !== "asset.changed" || !isMine) return;
    const asset = await askJson(`/api/assets/${data.asset_id}`, {}).catch(() => null);
    if (!asset || !this.isConnected) return;
    this.#references = this.#references.map((each) => (each.id === asset.id ? { ...asset, byMention: each.byMention } : each));
    keepReferences(this.#shot, this.#references);
    this.#draw();
  };

  /** @param {import("./references.js").Reference} asset */
  #add(asset) {
    const isNew = !this.#references.some(({ id }) => id === asset.id);
    this.#setReferences(isNew ? [...this.#references, asset] : this.#references);
  }

  /** What the model cannot use does not become a reference: it is said at once. @param {import("./references.js").Reference} asset */
  #decline(asset) {
    showToast(declineWords(asset, this.#model.label), { open: asset.url });
    this.#tellReferences();
  }

  /** @param {string} id */
  #remove(id) {
    this.#links.leave(this.#references.filter((reference) => reference.id === id));
    this.#setReferences(this.#references.filter((reference) => reference.id !== id));
  }

  /** What the text mentions, wherever it was written. */
  async #link() {
    const found = await this.#links.found(this.#field, this.#references, this.#model.referenceKinds);
    if (!this.isConnected) return;
    for (const asset of found) this.#add({ ...asset, byMention: true });
  }

  /** @param {import("./references.js").Reference[]} references */
  #setReferences(references) {
    this.#references = references;
    keepReferences(this.#shot, this.#references);
    this.#draw();
    this.#check();
  }

  #picked = (/** @type {Event} */ event) => {
    this.#write(/** @type {CustomEvent} */ (event).detail.text);
    this.#field.focus();
  };

  #drafted = async () => {
    if (document.activeElement === this.#field || keepDraft.isWaiting) return;
    const text = await loadDraft(this.#shot);
    if (text === null || text === this.#field.value) return;
    this.#field.value = text;
    this.#drawMarks();
    this.#link();
  };

  /** @param {string} text */
  #write(text) {
    this.#field.value = text;
    this.#field.setSelectionRange(text.length, text.length);
    this.#typed();
  }

  get #order() {
    const { model, connection, seconds, size } = this.#choice;
    return {
      prompt: this.#field.value, model, connection_id: connection, seconds, size,
      references: this.#references.map(({ id }) => id), shot_id: this.#shot,
      mode: this.#mode, extra: extraOf(this.#model, this.#choice),
    };
  }

  async #generate() {
    const order = this.#order;
    if (isDoublePress(order, performance.now())) return;
    if (!order.prompt.trim()) {
      this.#insist([{ field: "prompt", message: t("Write a prompt first.") }]);
      return;
    }
    keepDraft.flush();
    const { takes } = this.#choice;
    // What a cap refuses is not asked about first.
    const price = this.#problems.some(({ field }) => field === "money") ? 0 : this.#toConfirm;
    if (price && !await askPrice(price, takes)) { forgetPress(); return; }
    await this.#send(price ? { ...order, confirmed_micro_usd: price } : order, takes);
  }

  /** @param {import("./send.js").Order} order @param {number} takes */
  async #send(order, takes) {
    try {
      const answers = await sendTakes(order, takes);
      if (answers.some((answer) => "queued" in answer)) {
        showToast(t("The server is away. The prompt is kept and goes up by itself."));
      }
    } catch (error) {
      const refused = /** @type {any} */ (error);
      const price = priceToConfirm(refused.problem);
      if (!price || order.confirmed_micro_usd) this.#refused(refused);
      else if (await askPrice(price)) await this.#send({ ...order, confirmed_micro_usd: price }, takes);
    }
  }

  /** The price of the click where it has to be confirmed; else 0. */
  get #toConfirm() {
    const microUsd = this.#priceKnown;
    return microUsd !== null && this.#askAbove !== null && microUsd > this.#askAbove ? microUsd : 0;
  }

  /** Of all takes together; null where nobody knows it. */
  get #priceKnown() {
    const { seconds, size, takes } = this.#choice;
    const { microUsdBySize, microUsdPerSecond } = this.#model;
    const perSecond = microUsdBySize?.[size] ?? microUsdPerSecond;
    return perSecond === null ? null : perSecond * seconds * takes;
  }

  /** @param {{message: string, problem?: any}} error */
  #refused({ message, problem }) {
    const field = problem?.details?.field ?? "prompt";
    this.#insist([{ field, message, code: problem?.code }]);
  }

  /** What a click was answered; a check that is under way does not take it away. @param {import("./prompt-view.js").Problem[]} problems */
  #insist(problems) {
    window.clearTimeout(this.#timer);
    this.#turn += 1;
    this.#say(problems);
    this.#field.focus();
    this.#check(false);
  }

  #checkSoon() {
    window.clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => { this.#link(); this.#check(); }, CHECK_MS);
  }

  #timeSoon() {
    window.clearTimeout(this.#timing);
    this.#timing = window.setTimeout(() => this.#check(false), CHECK_MS);
  }

  /** Ask what cannot be done, what it costs and how long it takes. @param {boolean} [says] the first of these */
  async #check(says = true) {
    const turn = says ? this.#turn += 1 : this.#turn;
    const order = this.#order;
    this.#estimate();
    const headers = { "Content-Type": "application/json" };
    const body = JSON.stringify({ ...order, takes: this.#choice.takes });
    const answer = await askJson("/api/prompts/check", { method: "POST", headers, body }).catch(() => null);
    if (!answer || turn !== this.#turn || !this.isConnected) return;
    const isEmpty = !this.#field.value.trim();
    if (says) this.#say(answer.problems.filter((/** @type {any} */ p) => !(isEmpty && p.field === "prompt")));
    this.#askAbove = answer.ask_above_micro_usd;
    this.#times.set(this.#timeKey, { seconds: answer.seconds, isBehind: answer.is_behind });
    const estimate = { microUsd: answer.micro_usd, seconds: answer.seconds, isBehind: answer.is_behind };
    drawEstimate(this, estimate, this.#model, this.#choice.takes);
  }

  /** What is known before the server answers: the price, and the time that it said last. */
  #estimate() {
    const model = this.#model;
    const { takes } = this.#choice;
    const microUsd = this.#priceKnown;
    drawEstimate(this, { microUsd, seconds: null, ...this.#times.get(this.#timeKey) }, model, takes);
  }

  get #timeKey() {
    const { model, connection, seconds, takes } = this.#choice;
    return JSON.stringify([model, connection, seconds, takes]);
  }

  #draw() {
    drawChoice(this, this.#models, this.#choice);
    const model = this.#model;
    drawMode(this, model, this.#choice, this.#references.length);
    drawWishes(this, model, this.#choice);
    drawReferences(this, this.#references, { most: model.references, mode: this.#mode }, (id) => this.#remove(id));
    this.#drawMarks();
    this.#tellReferences();
  }

  #tellReferences() {
    const ids = this.#references.map(({ id }) => id);
    document.dispatchEvent(new CustomEvent("references-changed", { detail: { ids } }));
  }

  #drawMarks() {
    drawMarks(this.#marks, this.#field, this.#references.map(({ name }) => name));
  }

  /** @param {import("./prompt-view.js").Problem[]} problems */
  #say(problems) {
    this.#problems = problems;
    drawProblems(this, problems, this.#model.references);
  }
}

customElements.define("prompt-panel", PromptPanel);
