/**
 * What a tile of <coming-in> says. Pure.
 */

import { t } from "./i18n.js";

/**
 * @param {{state: string, isWaiting: boolean, job: any, trouble: string, twin: any, percent: number}} row
 * @returns {{badge: string, name: string, detail: string}}
 */
export function stateWords({ state, isWaiting, job, trouble, twin, percent }) {
  const { name } = job;
  if (state === "refused") {
    const badge = job.kind === "take" ? t("Not sent") : t("Not taken in");
    const isNamed = !name || job.message.includes(name);
    return { badge, name: isNamed ? job.message : `${name}: ${job.message}`, detail: "" };
  }
  if (state === "twin") {
    return { badge: t("Already here"), name, detail: t("Same bytes as {name}", { name: twin.name }) };
  }
  if (isWaiting) return { badge: "", name, detail: whyItWaits(job, trouble) };
  return { badge: `${percent} %`, name, detail: "" };
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
  const units = ["bytes", "kB", "MB", "GB"];
  const step = bytes < 1 ? 0 : Math.min(3, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** step;
  return `${step === 0 || value >= 10 ? Math.round(value) : value.toFixed(1)} ${units[step]}`;
}
