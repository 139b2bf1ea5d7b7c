// The messages that wait for the answer: keeps one that is being changed through every redraw of the list.

const queue = document.getElementById("queue");
if (queue) start(queue);

/** @param {HTMLElement} queue */
function start(queue) {
  /** @type {{id: string, text: string, isChanged: boolean, hasFocus: boolean, at: number}[]} */
  let open = [];

  queue.addEventListener("click", (event) => {
    if (event.target.closest("[data-cancel]")) return close(event.target.closest("details"));
    const details = event.target.closest("summary")?.closest("details");
    if (!details) return;
    event.preventDefault(); // it would open a moment later, and what is typed at once would be lost
    details.open = true;
    focus(details.querySelector("textarea"), Infinity);
  });

  queue.addEventListener("keydown", (event) => {
    const details = event.target.closest("details[open]");
    if (event.key === "Escape" && details) close(details);
  });

  // What is saved is no longer ours to keep: the list comes back with it.
  queue.addEventListener("htmx:afterRequest", ({ detail: { elt, xhr } }) => {
    if (!elt.matches(".queued-form") || xhr.status !== 204) return;
    const textarea = elt.querySelector("textarea");
    textarea.defaultValue = textarea.value;
    close(elt.closest("details"));
  });

  document.addEventListener("htmx:wsBeforeMessage", () => { open = [...queue.querySelectorAll("details[open]")].map(held); });

  document.addEventListener("colloquy:changed", () => {
    for (const { id, text, isChanged, hasFocus, at } of open) {
      const details = document.getElementById(id)?.querySelector("details");
      if (details?.open) continue; // the list is the one it was
      if (details) restore(details, isChanged ? text : "", hasFocus, at);
      else if (isChanged) colloquy.tell("returned", { text }); // it has gone out as it was
    }
    open = [];
  });
}

/** @param {HTMLDetailsElement} details */
function held(details) {
  const textarea = details.querySelector("textarea");
  return {
    id: details.closest(".queued").id,
    text: textarea.value,
    isChanged: textarea.value !== textarea.defaultValue,
    hasFocus: document.activeElement === textarea,
    at: textarea.selectionStart,
  };
}

/**
 * @param {HTMLDetailsElement} details
 * @param {string} text what was typed, if anything
 * @param {boolean} hasFocus
 * @param {number} at where the caret was
 */
function restore(details, text, hasFocus, at) {
  const textarea = details.querySelector("textarea");
  if (text) textarea.value = text;
  details.open = true;
  if (hasFocus) focus(textarea, at);
}

/**
 * @param {HTMLTextAreaElement} textarea
 * @param {number} at
 */
function focus(textarea, at) {
  const caret = Math.min(at, textarea.value.length);
  textarea.focus();
  textarea.setSelectionRange(caret, caret);
}

/** @param {HTMLDetailsElement} details */
function close(details) {
  const textarea = details.querySelector("textarea");
  textarea.value = textarea.defaultValue;
  details.open = false;
  document.getElementById("composer-text").focus({ preventScroll: true });
}
