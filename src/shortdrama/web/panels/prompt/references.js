/** The references of a shot's prompt: chips, kept in this browser for each shot. */

import { t } from "../../static/js/i18n.js";

/** @typedef {{id: string, name: string, kind?: string, role?: string, url?: string, thumb_small_url: string|null, byMention?: boolean}} Reference */

/** @param {string} shot */
const place = (shot) => `references:${shot}`;

/** @param {string} shot @returns {Reference[]} */
export function keptReferences(shot) {
  try {
    return JSON.parse(localStorage.getItem(place(shot)) ?? "[]");
  } catch {
    return [];
  }
}

/** @param {string} shot @param {Reference[]} references */
export function keepReferences(shot, references) {
  const slim = references.map(({ id, name, kind, thumb_small_url, byMention }) => ({ id, name, kind, thumb_small_url, byMention }));
  if (slim.length) localStorage.setItem(place(shot), JSON.stringify(slim));
  else localStorage.removeItem(place(shot));
}

/** Why a file is no reference for a model. Pure. @param {Reference} asset @param {string} model */
export function declineWords({ kind, name }, model) {
  if (kind === "script") return t("{name} is a script to read: no model takes it as a reference.", { name });
  if (kind === "sound") return t("{model} takes no sound as a reference: {name} stays in the library.", { model, name });
  if (kind === "video") return t("{model} takes no video as a reference: {name} stays in the library.", { model, name });
  return t("{model} takes no picture as a reference: {name} stays in the library.", { model, name });
}

/** @param {Reference} reference @param {() => void} onRemove @param {string} [role] such as the first frame */
export function chip(reference, onRemove, role) {
  const span = document.createElement("span");
  span.className = "chip";
  span.dataset.reference = reference.id;
  span.title = reference.name;
  if (reference.thumb_small_url) span.append(picture(reference.thumb_small_url));
  else span.append(symbol("draft"));
  const name = document.createElement("span");
  name.className = "cut-off";
  name.textContent = reference.name;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn icon";
  button.setAttribute("aria-label", t("Remove {name}", { name: reference.name }));
  button.append(symbol("x"));
  button.addEventListener("click", onRemove);
  if (role) {
    const words = document.createElement("span");
    words.className = "xs dim2";
    words.textContent = role;
    span.append(words);
  }
  span.append(name, button);
  return span;
}

/** @param {string} url */
export function picture(url) {
  const image = document.createElement("img");
  Object.assign(image, { src: url, width: 22, height: 22, alt: "" });
  return image;
}

/** @param {string} name */
export function symbol(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("class", "i");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(space, "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}
