// The composer: hands what is written to the outbox, takes it back if it is refused, and becomes the page of a new conversation.

const form = document.getElementById("composer");
if (form instanceof HTMLFormElement) start(form);

/** @param {HTMLFormElement} form */
function start(form) {
  const textarea = /** @type {HTMLTextAreaElement} */ (form.elements.namedItem("text"));
  const conversationField = /** @type {HTMLInputElement} */ (form.elements.namedItem("conversation"));
  const afterField = /** @type {HTMLInputElement} */ (form.elements.namedItem("after"));
  const draftField = /** @type {HTMLInputElement} */ (form.elements.namedItem("draft"));
  const note = document.getElementById("composer-note");
  let waiting = false; // for what the outbox holds
  let last = lastShown();

  if (matchMedia("(hover: hover)").matches && !location.hash) textarea.focus({ preventScroll: true });

  textarea.addEventListener("input", () => { if (!waiting) say(""); });

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = textarea.value;
    if (!text.trim()) return;
    if (waiting) return say(form.dataset.oneAtATime);
    const message = { conversation: conversationField.value, after: afterField.value, draft: draftField.value, text, ...choices() };
    write("");
    showError("");
    colloquy.tell("send", message);
    if (document.activeElement?.id === "composer-send") textarea.focus({ preventScroll: true });
  });

  form.addEventListener("invalid", (event) => event.preventDefault(), { capture: true }); // an empty box needs no bubble

  document.addEventListener("colloquy:sending", ({ detail }) => {
    waiting = true;
    conversationField.value = detail.conversation;
  });

  document.addEventListener("colloquy:late", ({ detail }) => say(detail.offline ? form.dataset.offline : form.dataset.late));

  document.addEventListener("colloquy:accepted", ({ detail: { url } }) => {
    settled();
    if (!url || location.pathname === url) return;
    history.replaceState(history.state, "", url);
    colloquy.tell("conversation");
  });

  document.addEventListener("colloquy:refused", ({ detail: { text, reason } }) => {
    settled();
    putBack(text);
    showError(reason);
  });

  // Words for a message that has gone out meanwhile.
  document.addEventListener("colloquy:returned", ({ detail: { text } }) => {
    putBack(text);
    say(form.dataset.goneOut);
    textarea.focus({ preventScroll: true });
  });

  // What is sent goes behind what is seen: the newest message that came last.
  document.addEventListener("colloquy:changed", () => {
    if (lastShown() !== last) afterField.value = last = lastShown();
  });

  document.getElementById("composer-stop")?.addEventListener("click", () => {
    [...document.querySelectorAll("#messages .action-stop")].at(-1)?.click();
    if (matchMedia("(hover: hover)").matches) textarea.focus({ preventScroll: true });
  });

  // A button's command that was turned down, or that did not arrive, is told in the same place as a message's.
  document.addEventListener("htmx:afterRequest", ({ detail: { elt, xhr, requestConfig } }) => {
    if (requestConfig.verb !== "post" || elt.matches(".edit") || (xhr.status >= 200 && xhr.status < 400)) return;
    if (xhr.status === 422) htmx.swap("#composer-error", xhr.responseText, { swapStyle: "outerHTML" });
    else showError(form.dataset.unreached);
  });

  document.addEventListener("click", (event) => {
    const suggestion = event.target.closest?.("[data-prompt]");
    if (!suggestion) return;
    write(suggestion.dataset.prompt);
    textarea.focus();
  });

  /** For a conversation that begins; in any other they are stored already. */
  function choices() {
    const [model, instructions] = ["model", "instructions"].map((name) => form.elements.namedItem(name)?.value ?? "");
    return location.pathname === "/" ? { model, instructions } : {};
  }

  function settled() {
    waiting = false;
    say("");
  }

  /** @param {string} text what comes before whatever has been written since */
  function putBack(text) {
    write([text, textarea.value].filter(Boolean).join("\n\n"));
  }

  /** @param {string} text */
  function write(text) {
    textarea.value = text;
    textarea.dispatchEvent(new Event("input", { bubbles: true }));
  }

  /** @param {string} [text] */
  function say(text) {
    if (note.textContent !== (text ?? "")) note.textContent = text ?? "";
  }
}

/** @returns {string} the id of the newest message on this page, as the server spells it */
function lastShown() {
  return [...document.querySelectorAll("#messages > .message:not(.is-sending)")].at(-1)?.id.replace("message-", "") ?? "";
}

/** @param {string} [text] */
function showError(text) {
  const error = document.getElementById("composer-error");
  if (error) error.textContent = text ?? "";
}
