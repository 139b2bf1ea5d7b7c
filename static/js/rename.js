// Renaming in place: in the list and in the header. Enter keeps, Escape and leaving an unchanged field give up.

document.addEventListener("click", (event) => {
  const opener = event.target.closest?.("[data-rename-open]");
  const form = opener && document.getElementById(opener.dataset.renameOpen);
  if (!form) return;
  setOpen(form, true);
  form.elements.namedItem("title").select();
});

document.addEventListener("keydown", (event) => {
  const form = event.target.closest?.("form[data-rename]");
  if (!form || event.key !== "Escape") return;
  event.target.value = event.target.defaultValue;
  event.target.blur();
});

document.addEventListener("focusout", (event) => {
  const form = event.target.closest?.("form[data-rename]");
  if (!form) return;
  const { value, defaultValue } = event.target;
  if (value.trim() && value !== defaultValue) form.requestSubmit();
  else event.target.value = defaultValue;
  setOpen(form, false);
});

// Enter has sent the form by itself: what stands there now is the title, so leaving sends nothing more.
document.addEventListener("submit", (event) => {
  const input = event.target.closest?.("form[data-rename]")?.elements.namedItem("title");
  if (!input) return;
  input.defaultValue = input.value;
  input.blur();
}, { capture: true });

/**
 * @param {HTMLElement} form
 * @param {boolean} open
 */
function setOpen(form, open) {
  const item = form.closest(".conversation");
  if (!item) return;
  form.hidden = !open;
  item.querySelector(".conversation-link").hidden = open;
  item.querySelector(".conversation-more").hidden = open;
  if (open) form.elements.namedItem("title").focus();
}
