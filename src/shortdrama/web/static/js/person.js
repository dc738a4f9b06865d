/**
 * Whose this page is: the person who was logged in when the server wrote it; "" on an open studio.
 *
 * What a page sends later than it was made tells whose it is (`asPerson`): the server takes it from
 * nobody else, for the log-in of a browser may have changed meanwhile.
 */

const HEADER = "X-Shortdrama-Person";

export function person() {
  return document.querySelector("meta[name=person]")?.getAttribute("content") ?? "";
}

/** Whether nothing can be ordered or brought from here. */
export function isViewer() {
  return document.querySelector("meta[name=role]")?.getAttribute("content") === "viewer";
}

/** @param {{owner?: string}} job made by the person of this page @returns {boolean} */
export function isOwn(job) {
  return (job.owner ?? "") === person();
}

/** @param {{owner?: string}} job @returns {Record<string, string>} headers of a request for it */
export function asPerson(job) {
  return { [HEADER]: job.owner ?? "" };
}
