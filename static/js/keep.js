// Keeps the reader's place and focus when messages are drawn anew: by what they are, since the elements are others.

/** @typedef {{order: string, action?: string, top: number}} Held what the reader is at: a message, perhaps a button of it */

const PRESSED_WITHIN = 3000; // ms between a press of a button and the redraw that answers it

const messages = document.getElementById("messages");
if (messages) start(messages);

/** @param {HTMLElement} messages */
function start(messages) {
  /** @type {{element: HTMLElement, order: string, action: string} | null} */
  let focused = null;
  /** @type {(Held & {at: number}) | null} */
  let pressed = null;
  /** @type {Held | null} */
  let held = null;

  document.addEventListener("focusin", ({ target }) => {
    focused = messages.contains(target) && target.dataset.action ? { element: target, ...identity(target) } : null;
  });

  document.addEventListener("click", ({ target }) => {
    const button = target.closest?.("#messages .siblings [data-action]");
    pressed = button ? { ...identity(button), top: button.getBoundingClientRect().top, at: Date.now() } : null;
  });

  document.addEventListener("htmx:wsBeforeMessage", ({ detail }) => {
    held = detail.message.includes("innerHTML:#messages") ? atHand() : null;
  });

  document.addEventListener("colloquy:changed", () => {
    if (held) settle(held);
    held = null;
    if (focused && !focused.element.isConnected && document.activeElement === document.body) refocus(focused);
  });

  /** @returns {Held | null} the button just pressed, else the first message in view */
  function atHand() {
    if (pressed && Date.now() - pressed.at < PRESSED_WITHIN) return pressed;
    const first = [...messages.querySelectorAll(".message")].find((message) => message.getBoundingClientRect().bottom > 0);
    return first ? { order: first.dataset.order, top: first.getBoundingClientRect().top } : null;
  }

  /** @param {Held} held */
  function settle(held) {
    const now = counterpart(held);
    if (!now) return;
    scrollBy({ top: now.getBoundingClientRect().top - held.top, behavior: "instant" });
    if (held.action) colloquy.tell("placed");
    pressed = null;
  }

  /** @param {{order: string, action: string}} focused */
  function refocus({ order, action }) {
    const button = counterpart({ order, action });
    const others = messages.querySelectorAll(`:scope > [data-order="${order}"] [data-action]:not(:disabled)`);
    (button?.matches(":not(:disabled)") ? button : others[0])?.focus({ preventScroll: true });
  }

  /** @param {{order: string, action?: string}} what */
  function counterpart({ order, action }) {
    return messages.querySelector(`:scope > [data-order="${order}"]${action ? ` [data-action="${action}"]` : ""}`);
  }
}

/** @param {HTMLElement} button */
function identity(button) {
  return { order: button.closest(".message").dataset.order, action: button.dataset.action };
}
