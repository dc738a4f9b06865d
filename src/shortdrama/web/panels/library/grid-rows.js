/**
 * Arithmetic of the grid. Pure.
 */

import { t } from "../../static/js/i18n.js";

const DAY_MS = 86_400_000;

/**
 * Which rows of a section are to be drawn.
 * @param {{top: number, bottom: number}} view what is seen, in px from the section's top
 * @param {{rows: number, row_px: number, spare: number}} shape spare: rows drawn beyond either edge
 * @returns {{first: number, stop: number}} stop is one past the last; both 0 where none is seen
 */
export function visibleRows({ top, bottom }, { rows, row_px, spare }) {
  const first = Math.max(0, Math.floor(top / row_px) - spare);
  const stop = Math.min(rows, Math.ceil(bottom / row_px) + spare);
  return first < stop ? { first, stop } : { first: 0, stop: 0 };
}

/**
 * The heading under which a file of this age stands; `library/page.py` does the same.
 * @param {string} created_at ISO 8601
 * @param {Date} now
 */
export function age(created_at, now) {
  const days = Math.round((midnight(now) - midnight(new Date(created_at))) / DAY_MS);
  if (days <= 0) return t("Today");
  return days < 7 ? t("This week") : t("Earlier");
}

/**
 * Runs of assets with the same heading, in order.
 * @param {any[]} assets
 * @param {(asset: any) => string} labelOf
 * @returns {{label: string, from: number, to: number}[]}
 */
export function sectionsOf(assets, labelOf) {
  /** @type {{label: string, from: number, to: number}[]} */
  const sections = [];
  assets.forEach((asset, index) => {
    const label = labelOf(asset);
    const last = sections.at(-1);
    if (last?.label === label) last.to = index + 1;
    else sections.push({ label, from: index, to: index + 1 });
  });
  return sections;
}

/**
 * A fresh first page in place of the old one, what lies behind it kept.
 * @param {any[]} old
 * @param {any[]} fresh
 * @param {boolean} isAll the fresh page is everything there is
 */
export function merged(old, fresh, isAll) {
  if (isAll) return fresh;
  const known = new Set(fresh.map(({ id }) => id));
  const last = old.findLastIndex(({ id }) => known.has(id));
  return [...fresh, ...old.slice(last + 1).filter(({ id }) => !known.has(id))];
}

/** @param {Date} moment */
function midnight(moment) {
  return new Date(moment.getFullYear(), moment.getMonth(), moment.getDate()).getTime();
}
