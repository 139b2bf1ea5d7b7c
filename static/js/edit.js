// Editing a question in its place. The form outlives every redraw of its message, and keeps the text until it is stored.

const CLOSE_AFTER = 3000; // ms that the redraw may take which replaces a question whose edit is stored

const template = document.getElementById("edit-template");
if (template instanceof HTMLTemplateElement) start(template);

/** @param {HTMLTemplateElement} template */
function start(template) {
  /** @type {Map<string, HTMLFormElement>} open forms by the id of the message's element */
  const forms = new Map();
  /** @type {HTMLTextAreaElement | null} */
  let focused = null;

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-edit]");
    if (button) open(button.closest(".message"), button.dataset.edit);
    if (event.target.closest?.(".edit [data-cancel]")) close(event.target.closest(".edit"), "edit");
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && event.target.closest?.(".edit")) close(event.target.closest(".edit"), "edit");
  });

  // Other words are another message: only the same text, saved again, is the same one.
  document.addEventListener("input", (event) => {
    const form = event.target.closest?.(".edit");
    if (form) form.elements.namedItem("key").value = colloquy.newKey();
  });

  document.addEventListener("htmx:beforeRequest", (event) => {
    const form = event.detail.elt;
    if (!form.matches(".edit")) return;
    const text = form.elements.namedItem("text").value;
    const isBusy = colloquy.running().length > 0;
    if (!text.trim() || isBusy || form.dataset.stored !== undefined) event.preventDefault();
    say(form, text.trim() && isBusy ? form.dataset.busy : "");
  });

  document.addEventListener("htmx:afterRequest", ({ detail: { elt: form, xhr } }) => {
    if (!form.matches(".edit")) return;
    if (xhr.status === 422) return say(form, new DOMParser().parseFromString(xhr.responseText, "text/html").body.textContent.trim());
    if (xhr.status !== 204) return say(form, form.dataset.unreached);
    form.dataset.stored = "";
    setTimeout(() => { if (form.isConnected) close(form); }, CLOSE_AFTER);
    document.getElementById("composer-text")?.focus({ preventScroll: true });
  });

  document.addEventListener("htmx:wsBeforeMessage", () => {
    focused = document.activeElement?.matches(".edit textarea") ? document.activeElement : null;
  });

  document.addEventListener("colloquy:changed", () => {
    for (const [id, form] of forms) if (!form.isConnected) putBack(id, form);
    if (focused?.isConnected && document.activeElement !== focused) focused.focus({ preventScroll: true });
    focused = null;
  });

  /**
   * @param {string} id
   * @param {HTMLFormElement} form
   */
  function putBack(id, form) {
    const message = document.getElementById(id);
    if (form.dataset.stored !== undefined) forms.delete(id);
    else if (message) place(message, form);
    if (form.isConnected) htmx.process(form); // it is taken out of service with what it stood in
  }

  /**
   * @param {HTMLElement} message
   * @param {string} url
   */
  function open(message, url) {
    const form = /** @type {HTMLFormElement} */ (template.content.firstElementChild.cloneNode(true));
    const textarea = /** @type {HTMLTextAreaElement} */ (form.elements.namedItem("text"));
    form.action = url;
    form.setAttribute("hx-post", url);
    form.elements.namedItem("message").value = message.id.replace("message-", "");
    textarea.value = message.querySelector(".bubble").textContent;
    forms.set(message.id, form);
    place(message, form);
    htmx.process(form);
    textarea.dispatchEvent(new Event("input", { bubbles: true }));
    textarea.focus();
    textarea.setSelectionRange(textarea.value.length, textarea.value.length);
  }

  /**
   * @param {HTMLFormElement} form
   * @param {string} [action] the button of the message that gets the focus
   */
  function close(form, action) {
    const message = form.closest(".message");
    forms.delete(message.id);
    form.remove();
    message.querySelector(`[data-action="${action}"]`)?.focus({ preventScroll: true });
  }
}

/**
 * @param {HTMLElement} message
 * @param {HTMLFormElement} form
 */
function place(message, form) {
  message.querySelector(".bubble").after(form);
}

/**
 * @param {HTMLFormElement} form
 * @param {string} text
 */
function say(form, text) {
  form.querySelector(".edit-error").textContent = text;
}
