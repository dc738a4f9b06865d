/**
 * The keys of the page. A key becomes a `studio-key` event on `document`, detail {name, key}; whoever
 * can do it calls preventDefault() on it. Nothing happens while somebody types or a dialog is open.
 */

const NAMES = new Map(Object.entries({
  " ": "play", k: "play", j: "slower", l: "faster", ArrowLeft: "back", ArrowRight: "on",
  "shift+ArrowLeft": "second-back", "shift+ArrowRight": "second-on", i: "in", o: "out", m: "mute",
  f: "full", Enter: "select", x: "reject", "[": "shot-before", "]": "shot-after", n: "new-shot",
  "/": "prompt", "?": "help", "mod+z": "undo", "mod+Enter": "generate",
}));

export const isMac = /Mac|iPhone|iPad/.test(navigator.platform);

export function startKeys() {
  document.addEventListener("keydown", pressed);
  if (isMac) writeMacKeys(document);
}

/** @param {KeyboardEvent} event */
function pressed(event) {
  if (event.defaultPrevented || event.isComposing || !isFree(event)) return;
  const name = keyName(event);
  if (!name) return;
  const told = new CustomEvent("studio-key", { detail: { name, key: event.key }, cancelable: true });
  if (!document.dispatchEvent(told)) event.preventDefault();
}

/**
 * Which name a key press has; "" for none. Pure.
 * @param {{key: string, shiftKey: boolean, ctrlKey: boolean, metaKey: boolean, altKey: boolean}} event
 */
export function keyName({ key, shiftKey, ctrlKey, metaKey, altKey }) {
  if (altKey) return "";
  if (ctrlKey || metaKey) return NAMES.get(`mod+${key}`) ?? "";
  if (/^[1-9]$/.test(key)) return "take";
  const plain = key.length === 1 ? key.toLowerCase() : key;
  return NAMES.get(shiftKey && key.length > 1 ? `shift+${key}` : plain) ?? "";
}

/** @param {KeyboardEvent} event */
function isFree(event) {
  const at = event.target instanceof Element ? event.target : document.body;
  if (document.querySelector("dialog[open]") || at.closest("[popover]")) return false;
  const isCommand = event.ctrlKey || event.metaKey;
  if (at.closest("textarea, select, [contenteditable], input:not([type=checkbox], [type=range])")) {
    return isCommand && event.key === "Enter";
  }
  if (at.closest("button, a, summary, input")) return event.key !== "Enter" && event.key !== " ";
  return !(at.closest("[role=slider]") && event.key.startsWith("Arrow"));
}

/** @param {ParentNode} root */
export function writeMacKeys(root) {
  const words = /** @type {Record<string, string>} */ ({ "mod+enter": "⌘ ↵", "mod+z": "⌘ Z" });
  for (const key of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll("kbd[data-mac]"))) {
    key.textContent = words[key.dataset.mac ?? ""] ?? key.textContent;
  }
}
