/** A button with `data-copy` puts the text of the element of that id on the clipboard. */

const TOLD_MS = 2000;

document.addEventListener("click", async ({ target }) => {
  const button = target instanceof Element ? target.closest("[data-copy]") : null;
  const source = button && document.getElementById(button.dataset.copy);
  if (!source || !(await copy(source)) || button.dataset.label) return;
  button.dataset.label = button.textContent;
  button.textContent = button.dataset.done;
  setTimeout(() => {
    button.textContent = button.dataset.label;
    delete button.dataset.label;
  }, TOLD_MS);
});

/** Without https a page has no clipboard: the text is then at least selected. */
async function copy(source) {
  try {
    await navigator.clipboard.writeText(source.textContent);
    return true;
  } catch {
    getSelection().selectAllChildren(source);
    return document.execCommand("copy");
  }
}
