// Shows a message in its place from the moment it is sent, until the stored one stands there.

const GONE_AFTER = 10_000; // ms after which a stored message that is shown nowhere here is on another branch

const template = document.getElementById("sending-template");
const queueing = document.getElementById("queueing-template");
const messages = document.getElementById("messages");
const queue = document.getElementById("queue");
if (template instanceof HTMLTemplateElement && queueing instanceof HTMLTemplateElement && messages && queue) start();

function start() {
  /** @type {HTMLElement | null} */
  let bubble = null;
  let place = messages; // or the queue
  let key = "";
  let isStored = false;
  let timer = 0;

  document.addEventListener("colloquy:sending", ({ detail }) => {
    remove();
    const waits = colloquy.running().length > 0;
    place = waits ? queue : messages;
    bubble = /** @type {HTMLElement} */ ((waits ? queueing : template).content.firstElementChild.cloneNode(true));
    bubble.querySelector(".bubble, .queued-text").textContent = detail.text;
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
    if (document.querySelector(`[data-sent="${CSS.escape(key)}"]`)) remove();
    else if (!bubble.isConnected && isStored) remove();
    else if (!bubble.isConnected) place.append(bubble);
  }

  function remove() {
    clearTimeout(timer);
    bubble?.remove();
    bubble = null;
  }
}
