/**
 * Assets on their way from the library to the prompt of the studio.
 */

const KEY = "shortdrama.references";

/** Open the studio with these picked. @param {any[]} assets */
export function offerReferences(assets) {
  sessionStorage.setItem(KEY, JSON.stringify(assets));
  location.assign("/");
}

/** Pick what the library sent, once. Called when the prompt listens. */
export function takeReferences() {
  const sent = sessionStorage.getItem(KEY);
  if (!sent) return;
  sessionStorage.removeItem(KEY);
  for (const asset of JSON.parse(sent)) {
    const detail = { asset, selected: true };
    document.dispatchEvent(new CustomEvent("reference-toggle", { detail }));
  }
}
