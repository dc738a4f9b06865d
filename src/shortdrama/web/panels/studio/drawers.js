/** Side panels of a narrow page are drawers opened by their address: focus goes in, Escape closes. */

const isNarrow = window.matchMedia("(width < 900px)");

function openDrawer() {
  const id = location.hash.slice(1);
  return isNarrow.matches && id ? document.querySelector(`.drawer#${CSS.escape(id)}`) : null;
}

function closeDrawer() {
  const from = location.hash;
  history.replaceState(history.state, "", location.pathname + location.search);
  // :target follows navigation only, so the hash has to change once by the location itself.
  location.hash = "#main";
  history.replaceState(history.state, "", location.pathname + location.search);
  const opener = document.querySelector(`.only-narrow[href="${from}"]`);
  if (opener instanceof HTMLElement) opener.focus();
}

window.addEventListener("hashchange", () => {
  const first = openDrawer()?.querySelector("button, a, input, [tabindex='0']");
  if (first instanceof HTMLElement) first.focus();
});

document.addEventListener("keydown", (event) => {
  const drawer = openDrawer();
  if (!drawer || document.querySelector("dialog[open], :popover-open")) return;
  if (event.key === "Escape") closeDrawer();
  if (event.key === "Tab") keepInside(drawer, event);
});

document.addEventListener("pointerdown", (event) => {
  const drawer = openDrawer();
  const isOutside = drawer && event.target instanceof Node && !drawer.contains(event.target);
  const isLayer = event.target instanceof Element && event.target.closest("dialog, [popover], .toast");
  if (isOutside && !isLayer) closeDrawer();
});

/** @param {Element} drawer @param {KeyboardEvent} event */
function keepInside(drawer, event) {
  const stops = [...drawer.querySelectorAll("button, a[href], input, summary, [tabindex='0']")]
    .filter((stop) => stop instanceof HTMLElement && stop.offsetParent !== null);
  const edge = event.shiftKey ? stops[0] : stops.at(-1);
  if (document.activeElement !== edge) return;
  event.preventDefault();
  const other = event.shiftKey ? stops.at(-1) : stops[0];
  if (other instanceof HTMLElement) other.focus();
}
