/**
 * Texts that the page writes by itself, in the page's language. English needs no catalogue.
 */

const language = document.documentElement.lang || "en";
/** @type {Record<string, string>} */
const texts = language.startsWith("en")
  ? {}
  : await import(`../../i18n/${language}.js`).then((module) => module.default, () => ({}));

/**
 * The text in the reader's language, its `{names}` filled in.
 * @param {string} message English, as it stands in the catalogue
 * @param {Record<string, string|number>} [values]
 */
export function t(message, values = {}) {
  const text = texts[message] ?? message;
  return text.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}
