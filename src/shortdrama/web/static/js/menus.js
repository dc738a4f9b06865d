/**
 * Menus are native popovers; this puts them beside their button and moves through them by keys.
 * `data-place` on the button: "end" (right edges meet), "above", "above-end"; below it otherwise.
 */

const GAP = 4;

document.addEventListener("toggle", (event) => {
  const menu = event.target;
  if (!(menu instanceof HTMLElement) || !menu.matches(".menu[popover]")) return;
  // A phone has another button for some menus; only one of them is ever there to be seen.
  const buttons = [...document.querySelectorAll(`[popovertarget="${menu.id}"]`)];
  const button = buttons.find((one) => one.getClientRects().length > 0);
  const isOpen = /** @type {ToggleEvent} */ (event).newState === "open";
  button?.setAttribute("aria-expanded", String(isOpen));
  if (!isOpen || !button) return;
  const place = /** @type {HTMLElement} */ (button).dataset.place ?? "";
  placeBeside(menu, button.getBoundingClientRect(), place);
  // A quick hand may have gone on from there already.
  if (!menu.contains(document.activeElement)) firstOf(menu)?.focus();
}, true);

/** @param {Element} menu @returns {HTMLElement|null} */
function firstOf(menu) {
  return menu.querySelector("[aria-checked=true], input, [role^=menuitem]");
}

document.addEventListener("keydown", (event) => {
  if (!(event.target instanceof Element)) return;
  const menu = event.target.closest("[role=menu]") ?? justOpened(event.target);
  if (!menu) return;
  const items = /** @type {HTMLElement[]} */ ([...menu.querySelectorAll("button:not([disabled]), a")])
    .filter((item) => item.offsetParent !== null);
  const at = menu.contains(document.activeElement) ? document.activeElement : firstOf(menu);
  const next = nextIndex(event.key, items.indexOf(/** @type {HTMLElement} */ (at)), items.length);
  if (next === null) return;
  event.preventDefault();
  items[next]?.focus();
});

/** The menu of a button whose keys come before the focus has gone into it. @param {Element} button */
function justOpened(button) {
  const menu = document.getElementById(button.getAttribute("popovertarget") ?? "");
  return menu?.matches("[role=menu]:popover-open") ? menu : null;
}

/**
 * @param {HTMLElement} menu
 * @param {DOMRect} at
 * @param {string} place
 */
export function placeBeside(menu, at, place) {
  const { offsetWidth: width, offsetHeight: height } = menu;
  const left = place.endsWith("end") ? at.right - width : at.left;
  const isAbove = place.startsWith("above") || at.bottom + GAP + height > innerHeight;
  menu.style.left = `${Math.max(8, Math.min(left, innerWidth - width - 8))}px`;
  // Held at the edge beside its button, so that it may grow when its content comes.
  menu.style.top = isAbove ? "auto" : `${at.bottom + GAP}px`;
  menu.style.bottom = isAbove ? `${innerHeight - at.top + GAP}px` : "auto";
}

/**
 * Where a key leads in a list of `count`; null for keys that lead nowhere. Pure.
 * @param {string} key
 * @param {number} index
 * @param {number} count
 */
export function nextIndex(key, index, count) {
  if (!count) return null;
  if (key === "ArrowDown") return (index + 1) % count;
  if (key === "ArrowUp") return (index - 1 + count) % count;
  if (key === "Home") return 0;
  return key === "End" ? count - 1 : null;
}
