/** The question before a dear click. One dialog a page (`studio/_layers.html`); Esc says no. */

import { t } from "../../static/js/i18n.js";

const MICRO = 1_000_000n;

/**
 * Whether a person agrees to this price.
 * @param {number} microUsd for everything that the click orders
 * @param {number} [takes]
 * @returns {Promise<boolean>}
 */
export function askPrice(microUsd, takes = 1) {
  const dialog = /** @type {HTMLDialogElement|null} */ (document.getElementById("ask-price"));
  if (!dialog) return Promise.resolve(false);
  if (dialog.open) return Promise.resolve(false);
  const price = dollars(microUsd);
  const words = takes > 1
    ? t("{takes} takes cost about {price}. Generate them?", { takes, price })
    : t("This take costs about {price}. Generate it?", { price });
  const place = dialog.querySelector("[data-price]");
  if (place) place.textContent = words;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

/** The price that the server wants to hear a yes to; 0 where it refused for another reason. @param {any} problem */
export function priceToConfirm(problem) {
  return problem?.code === "confirmation_needed" ? Number(problem.details?.price_micro_usd ?? 0) : 0;
}

/** "$12.00", by whole numbers. @param {number} microUsd */
export function dollars(microUsd) {
  const cents = (BigInt(microUsd) * 100n + MICRO / 2n) / MICRO;
  return `$${cents / 100n}.${String(cents % 100n).padStart(2, "0")}`;
}
