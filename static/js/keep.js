// Keeps the reader's place and focus when another path is shown: by what they are, since the elements may be others.

/** @typedef {{id: string, order: string, action?: string, top: number}} Held what the reader is at: a message, perhaps a button of it */

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
  let isLookedFor = false; // its stretch has been asked for

  document.addEventListener("focusin", ({ target }) => {
    focused = messages.contains(target) && target.dataset.action ? { element: target, ...identity(target) } : null;
  });

  document.addEventListener("click", ({ target }) => {
    const button = target.closest?.("#messages .siblings [data-action]");
    pressed = button ? { id: button.value, ...identity(button), top: button.getBoundingClientRect().top, at: Date.now() } : null;
  });

  document.addEventListener("colloquy:renewing", () => { held = isLookedFor ? held : atHand(); });

  document.addEventListener("colloquy:renewed", () => {
    if (held && !settle(held) && !isLookedFor) lookFor(held);
    else held = null;
  });

  document.addEventListener("colloquy:changed", () => {
    if (focused && !focused.element.isConnected && document.activeElement === document.body) refocus(focused);
  });

  /** @returns {Held | null} the button just pressed, else the first message in view */
  function atHand() {
    if (pressed && Date.now() - pressed.at < PRESSED_WITHIN) return pressed;
    const first = [...messages.querySelectorAll(":scope > .message[id]")].find((message) => message.getBoundingClientRect().bottom > 0);
    return first ? { id: first.id.replace("message-", ""), order: first.dataset.order, top: first.getBoundingClientRect().top } : null;
  }

  /**
   * @param {Held} held
   * @returns {boolean} whether it is shown
   */
  function settle(held) {
    const now = counterpart(held);
    if (!now) return false;
    scrollBy({ top: now.getBoundingClientRect().top - held.top, behavior: "instant" });
    if (held.action) colloquy.tell("placed");
    pressed = null;
    return true;
  }

  /**
   * It is far above the end that is shown now.
   * @param {Held} held
   */
  async function lookFor({ id }) {
    isLookedFor = true;
    await htmx.ajax("GET", `${messages.dataset.url}at/${id}/`, { source: messages, target: messages, swap: "innerHTML" }).catch(() => {});
    isLookedFor = false;
    held = null;
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
