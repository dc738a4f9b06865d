/** An address of this machine needs nobody's trust: the box that gives it is there for others alone. */

const OF_THIS_MACHINE = /^https?:\/\/(localhost|127(\.\d{1,3}){3}|\[::1\])([:/]|$)/i;

document.addEventListener("input", ({ target }) => {
  if (!(target instanceof HTMLInputElement) || target.name !== "base_url") return;
  const isHere = OF_THIS_MACHINE.test(target.value.trim());
  const box = target.form?.querySelector("[data-trust]");
  box?.toggleAttribute("hidden", isHere);
  // What is not seen is not sent.
  box?.querySelector("input")?.toggleAttribute("disabled", isHere);
  target.form?.querySelector("[data-here]")?.toggleAttribute("hidden", !isHere);
});
