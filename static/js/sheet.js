// A sheet over the page for what is asked about one message: it opens when its content has come.

const sheet = document.getElementById("sheet");
if (sheet instanceof HTMLDialogElement) start(sheet, document.getElementById("sheet-body"));

/**
 * @param {HTMLDialogElement} sheet
 * @param {HTMLElement} body
 */
function start(sheet, body) {
  /** @type {string | null} the id of the menu, or of the message, from which it was opened */
  let opener = null;

  document.addEventListener("htmx:beforeRequest", ({ detail: { elt, target } }) => {
    if (target === body) opener = elt.closest(".menu")?.id ?? elt.closest(".message")?.id ?? null;
  });
  document.addEventListener("htmx:afterSwap", ({ detail: { target } }) => {
    if (target === body && !sheet.open) sheet.showModal();
  });

  sheet.addEventListener("click", (event) => {
    if (event.target === sheet || event.target.closest("[data-close]")) sheet.close();
  });
  sheet.addEventListener("close", () => {
    body.replaceChildren();
    const button = opener && document.querySelector(`[popovertarget="${opener}"], #${CSS.escape(opener)} [data-action="note"]`);
    if (button instanceof HTMLElement) button.focus({ preventScroll: true });
  });

  sheet.addEventListener("htmx:afterRequest", ({ detail: { elt, xhr, successful } }) => {
    if (!elt.matches("form")) return;
    if (successful) return sheet.close();
    const error = sheet.querySelector(".note-error");
    error.textContent = new DOMParser().parseFromString(xhr.responseText, "text/html").body.textContent.trim();
  });
}
