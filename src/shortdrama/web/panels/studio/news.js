/** News for people who do not see the page: spoken once, by its one live region. */

import { t } from "../../static/js/i18n.js";

const SENTENCES = /** @type {Record<string, string>} */ ({
  ready: t("Take {number} is ready."),
  failed: t("Take {number} failed."),
  uncertain: t("Take {number} is uncertain. Nothing is sent until you decide."),
  stalled: t("Take {number} has stalled."),
  cancelled: t("Take {number} is cancelled."),
});

/** The sentence for a change; "" where it is no news. @param {{status: string, number: number}} take */
export function newsOf({ status, number }) {
  const sentence = SENTENCES[status];
  return sentence ? t(sentence, { number }) : "";
}

/** @param {string} sentence */
export function tellNews(sentence) {
  const region = document.getElementById("news");
  if (region) region.textContent = sentence;
}
