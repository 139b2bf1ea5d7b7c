// Shows a message in its place from the moment it is sent, until the stored one stands there.

const GONE_AFTER = 10_000; // ms after which a stored message that is shown nowhere here is on another branch

const template = document.getElementById("sending-template");
const messages = document.getElementById("messages");
if (template instanceof HTMLTemplateElement && messages) start(template, messages);

/**
 * @param {HTMLTemplateElement} template
 * @param {HTMLElement} messages
 */
function start(template, messages) {
  /** @type {HTMLElement | null} */
  let bubble = null;
  let key = "";
  let isStored = false;
  let timer = 0;

  document.addEventListener("colloquy:sending", ({ detail }) => {
    remove();
    bubble = /** @type {HTMLElement} */ (template.content.firstElementChild.cloneNode(true));
    bubble.querySelector(".bubble").textContent = detail.text;
    key = detail.key;
    isStored = false;
    arrange();
  });

  document.addEventListener("colloquy:late", () => {
    const state = bubble?.querySelector(".sending");
    if (!state) return;
    state.textContent = state.dataset.late;
    bubble.classList.add("is-late");
  });

  document.addEventListener("colloquy:accepted", () => {
    isStored = true;
    timer = setTimeout(remove, GONE_AFTER);
    arrange();
  });

  document.addEventListener("colloquy:refused", remove);
  document.addEventListener("colloquy:changed", arrange);

  // Runs in the same moment as the change it follows, so that nobody sees both or neither.
  function arrange() {
    if (!bubble) return;
    if (messages.querySelector(`[data-sent="${CSS.escape(key)}"]`)) remove();
    else if (!bubble.isConnected && isStored) remove();
    else if (!bubble.isConnected) messages.append(bubble);
  }

  function remove() {
    clearTimeout(timer);
    bubble?.remove();
    bubble = null;
  }
}
