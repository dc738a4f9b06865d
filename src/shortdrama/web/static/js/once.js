/** Forms with `data-once` leave the page; a second click on the way makes nothing twice. */

/** @type {Set<HTMLFormElement>} */
const leaving = new Set();

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || !form.matches("[data-once]")) return;
  if (leaving.has(form)) event.preventDefault();
  leaving.add(form);
});

// The page may come back from the browser's memory, as it was.
addEventListener("pageshow", () => leaving.clear());
