/**
 * What a tile of <coming-in> and a line of <refused-files> say. Pure.
 */

import { t } from "./i18n.js";

/**
 * @param {{isWaiting: boolean, job: any, trouble: string, twin: any, cameBack: boolean,
 *   percent: number}} row
 * @returns {{badge: string, name: string, detail: string}}
 */
export function stateWords({ isWaiting, job, trouble, twin, cameBack, percent }) {
  const { name } = job;
  if (twin && cameBack) {
    const detail = t("It lay in the trash as {name}", { name: twin.name });
    return { badge: t("Restored"), name, detail };
  }
  if (twin) {
    return { badge: t("Already here"), name, detail: t("Same bytes as {name}", { name: twin.name }) };
  }
  if (isWaiting) return { badge: "", name, detail: whyItWaits(job, trouble) };
  return { badge: `${percent} %`, name, detail: "" };
}

/**
 * Why a file was not taken in, or an order not sent.
 * @param {any} job
 * @returns {string}
 */
export function refusalWords({ kind, name, message }) {
  const isNamed = !name || message.includes(name);
  const says = isNamed ? message : `${name}: ${message}`;
  return kind === "take" ? t("Not sent: {why}", { why: says }) : says;
}

/** @param {number} sent @param {number} size @returns {string} "118 of 184 MB" */
export function megabytes(sent, size) {
  const unit = size < 1e6 ? 1e3 : 1e6;
  const number = (/** @type {number} */ bytes) => {
    const value = bytes / unit;
    return value < 10 && unit === 1e6 ? value.toFixed(1) : Math.round(value).toString();
  };
  return t("{sent} of {size}", { sent: number(sent), size: `${number(size)} ${unit === 1e3 ? "kB" : "MB"}` });
}

/** @param {any} job @param {string} trouble */
function whyItWaits(job, trouble) {
  if (trouble) return trouble;
  return job.isKept === false
    ? t("Waits for the server. This browser has no room to keep it: leave the page open")
    : t("Waits for the server, kept here");
}

/** @param {number} bytes @returns {string} in decimal units, as file managers show them */
export function fileSize(bytes) {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  let [value, step] = [bytes, 0];
  while (value >= (step ? 999.5 : 1000) && step < 4) [value, step] = [value / 1000, step + 1];
  return `${step === 0 || value >= 9.95 ? Math.round(value) : value.toFixed(1)} ${units[step]}`;
}
