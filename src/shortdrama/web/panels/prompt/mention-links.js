/**
 * Mentions and references agree: the exact name of an asset behind an `@` becomes a reference, wherever
 * it was written, and goes again with its mention. References that were chosen on tiles stay; one that
 * was removed by hand comes back only with another mention.
 */

import { cutAtMentions, wordAt } from "./mentions.js";

/** @typedef {import("./references.js").Reference} Reference */

const FRESH_MS = 10_000;
const AT = /(?:^|[\s(（，。])@(?=\S)/gu;
const WORD = /^[^\s@.,;:!?()（），。；：！？]{1,40}/u;

export class MentionLinks {
  /** @type {Map<string, {at: number, assets: Promise<Reference[]>}>} */
  #asked = new Map();
  /** @type {Map<string, string>} id → name of what was removed by hand */
  #left = new Map();

  /** Not linked again as long as the text mentions them. @param {Reference[]} references */
  leave(references) {
    for (const { id, name } of references) this.#left.set(id, name);
  }

  /** Without those whose mention is gone. @param {string} text @param {Reference[]} references */
  kept(text, references) {
    for (const [id, name] of this.#left) if (!text.includes(`@${name}`)) this.#left.delete(id);
    const mentioned = new Set(mentionsIn(text, references));
    return references.filter(({ byMention, name }) => !byMention || mentioned.has(`@${name}`));
  }

  /**
   * What the text mentions and is no reference yet; not the word that is being typed.
   * @param {HTMLTextAreaElement} field
   * @param {Reference[]} references
   * @param {string[]} kinds that the model can use
   * @returns {Promise<Reference[]>}
   */
  async found(field, references, kinds) {
    if (!kinds.length || !field.value.includes("@")) return [];
    const rests = openMentions(field.value, writtenAt(field), references);
    const named = await Promise.all(rests.map((rest) => this.#named(rest, kinds)));
    const isNew = (/** @type {Reference|undefined} */ asset) => asset && !this.#left.has(asset.id);
    return /** @type {Reference[]} */ (named.filter(isNew));
  }

  /** @param {string} rest behind an `@` @param {string[]} kinds */
  async #named(rest, kinds) {
    const word = WORD.exec(rest)?.[0];
    if (!word) return undefined;
    const fits = (await this.#ask(word, kinds)).filter(({ name }) => beginsWith(rest, name));
    return fits.sort((a, b) => b.name.length - a.name.length)[0];
  }

  /** @param {string} word @param {string[]} kinds */
  #ask(word, kinds) {
    const query = String(new URLSearchParams([["text", word], ...kinds.map((kind) => ["kind", kind])]));
    const before = this.#asked.get(query);
    if (before && performance.now() - before.at < FRESH_MS) return before.assets;
    const assets = fetch(`/panels/mentions?${query}`)
      .then((response) => response.json())
      .then((told) => told.assets ?? [])
      .catch(() => []); // the server is away: looked up with a later letter
    this.#asked.set(query, { at: performance.now(), assets });
    return assets;
  }
}

/** @param {string} text @param {Reference[]} references @returns {string[]} with their `@` */
function mentionsIn(text, references) {
  const parts = cutAtMentions(text, references.map(({ name }) => name));
  return parts.filter(({ isMention }) => isMention).map((part) => part.text);
}

/** Where the `@` stands whose word has the caret; -1 where none has. @param {HTMLTextAreaElement} field */
function writtenAt(field) {
  const caret = field.selectionStart;
  const isWriting = document.activeElement === field && wordAt(field.value, caret) !== null;
  return isWriting ? field.value.lastIndexOf("@", caret - 1) : -1;
}

/**
 * The text behind each `@` that is no known mention. Pure.
 * @param {string} text
 * @param {number} except an `@` that is left out
 * @param {Reference[]} known
 */
export function openMentions(text, except, known) {
  const starts = [...text.matchAll(AT)].map((match) => match.index + match[0].length);
  const isKnown = (/** @type {string} */ rest) => known.some(({ name }) => beginsWith(rest, name));
  return starts.filter((start) => start - 1 !== except).map((start) => text.slice(start)).filter((rest) => !isKnown(rest));
}

/** "Mei" begins "Mei pours", and not "Meister". Pure. @param {string} rest @param {string} name */
export function beginsWith(rest, name) {
  const goesOn = /\w$/.test(name) && /^\w/.test(rest.slice(name.length));
  return name !== "" && rest.startsWith(name) && !goesOn;
}
