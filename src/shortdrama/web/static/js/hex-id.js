/** @returns {string} 32 random hex digits: the id of an upload, the key of an order. */
export function newHexId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
