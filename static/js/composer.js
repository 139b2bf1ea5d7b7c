// The composer: sends, keeps the text until the server has stored it, and becomes the page of a new conversation.

/** @typedef {{key: string, conversation: string, text: string, page: string}} Pending what was sent and not yet acknowledged */

const OUTBOX = "colloquy:outbox"; // one per tab: sessionStorage
const SLOW_AFTER = 4000; // ms without an answer before we say that it has not gone out

const form = document.getElementById("composer");
if (form instanceof HTMLFormElement) start(form);

/** @param {HTMLFormElement} form */
function start(form) {
  const textarea = /** @type {HTMLTextAreaElement} */ (form.elements.namedItem("text"));
  const keyField = /** @type {HTMLInputElement} */ (form.elements.namedItem("key"));
  const conversationField = /** @type {HTMLInputElement} */ (form.elements.namedItem("conversation"));
  const note = document.getElementById("composer-note");
  /** @type {Pending | null} */
  let pending = null;
  let slowTimer = 0;

  keyField.value = newKey(); // a restored page must not send under a key that was used before
  restore();
  if (matchMedia("(hover: hover)").matches && !location.hash) textarea.focus({ preventScroll: true });

  textarea.addEventListener("keydown", (event) => {
    const composing = event.isComposing || event.keyCode === 229; // 229: Safari ends a composition with this Enter
    if (event.key !== "Enter" || event.shiftKey || composing) return;
    event.preventDefault();
    form.requestSubmit();
  });

  textarea.addEventListener("input", () => { grow(); say(""); });

  // A form that is not ready stops here; otherwise the ws extension takes it from the same event.
  form.addEventListener("submit", (event) => {
    if (!pending && textarea.value.trim() && !replyRuns()) return;
    if (!pending && textarea.value.trim()) say(form.dataset.busy);
    event.preventDefault();
    event.stopImmediatePropagation();
  }, { capture: true });

  form.addEventListener("invalid", (event) => event.preventDefault(), { capture: true }); // an empty box needs no bubble

  form.addEventListener("htmx:wsConfigSend", (event) => {
    pending ??= { key: keyField.value, conversation: conversationField.value, text: textarea.value, page: location.pathname };
    const { key, conversation, text } = pending; // what was sent first, even if the box has been edited since
    Object.assign(event.detail.parameters, { key, conversation, text });
    store(pending);
    form.classList.add("is-pending");
    showError("");
    clearTimeout(slowTimer);
    slowTimer = setTimeout(() => pending && say(form.dataset.slow), SLOW_AFTER);
    if (document.activeElement?.id === "composer-send") textarea.focus({ preventScroll: true });
  });

  document.addEventListener("htmx:wsAfterMessage", () => {
    if (!pending) return;
    const accepted = document.getElementById("accepted");
    const error = document.getElementById("composer-error");
    if (accepted?.dataset.key === pending.key) accept(accepted.dataset.url);
    else if (error?.dataset.key === pending.key && error.textContent.trim()) settle();
  });

  // What had no answer before the connection was lost goes again under the same key: stored once, however often sent.
  document.addEventListener("colloquy:open", () => { if (pending) htmx.trigger(form, "colloquy:resend"); });

  document.getElementById("composer-stop")?.addEventListener("click", () => {
    [...document.querySelectorAll("#messages .action-stop")].at(-1)?.click();
    if (matchMedia("(hover: hover)").matches) textarea.focus({ preventScroll: true });
  });

  // A button's command that was turned down, or that did not arrive, is told in the same place as a message's.
  document.addEventListener("htmx:afterRequest", ({ detail: { xhr, requestConfig } }) => {
    if (requestConfig.verb !== "post" || (xhr.status >= 200 && xhr.status < 400)) return;
    if (xhr.status === 422) htmx.swap("#composer-error", xhr.responseText, { swapStyle: "outerHTML" });
    else showError(form.dataset.unreached);
  });

  document.addEventListener("click", (event) => {
    const suggestion = event.target.closest?.("[data-prompt]");
    if (!suggestion) return;
    textarea.value = suggestion.dataset.prompt;
    grow();
    textarea.focus();
  });

  /** @param {string | undefined} url */
  function accept(url) {
    if (textarea.value === pending.text) textarea.value = "";
    conversationField.value = pending.conversation;
    if (url && location.pathname !== url) {
      history.replaceState(history.state, "", url);
      document.dispatchEvent(new CustomEvent("colloquy:conversation"));
    }
    settle();
    document.dispatchEvent(new CustomEvent("colloquy:sent"));
  }

  function settle() {
    pending = null;
    store(null);
    keyField.value = newKey();
    form.classList.remove("is-pending");
    clearTimeout(slowTimer);
    say("");
    grow();
  }

  function restore() {
    const left = read();
    if (left?.page !== location.pathname) return;
    pending = left;
    conversationField.value = left.conversation;
    if (!textarea.value) textarea.value = left.text;
    form.classList.add("is-pending");
    grow();
  }

  function grow() {
    if (CSS.supports("field-sizing", "content")) return;
    textarea.style.blockSize = "auto";
    textarea.style.blockSize = `${textarea.scrollHeight}px`;
  }

  /** @param {string} [text] */
  function say(text) {
    note.textContent = text ?? "";
  }
}

function replyRuns() {
  return document.querySelector("#messages .is-queued, #messages .is-streaming") !== null;
}

/** @param {string} [text] */
function showError(text) {
  const error = document.getElementById("composer-error");
  if (error) error.textContent = text ?? "";
}

/** @param {Pending | null} pending */
function store(pending) {
  try {
    if (pending) sessionStorage.setItem(OUTBOX, JSON.stringify(pending));
    else sessionStorage.removeItem(OUTBOX);
  } catch { /* storage full or forbidden: the text is still in the box */ }
}

/** @returns {Pending | null} */
function read() {
  try {
    return JSON.parse(sessionStorage.getItem(OUTBOX) ?? "null");
  } catch {
    return null;
  }
}

/** @returns {string} a random UUID; randomUUID exists only on HTTPS and localhost */
function newKey() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
