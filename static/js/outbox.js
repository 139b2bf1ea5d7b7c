// Keeps a message until the server has stored it: through lost connections, reloads, closed tabs and crashes.
//
// Each is delivered under one key, so that it is stored once, however often and by whichever tab it is sent.

/** @typedef {{key: string, conversation: string, after: string, draft?: string, text: string, model?: string, instructions?: string, page: string}} Unsent */

const LATE_AFTER = 1500; // ms without a connection before we say so
const AGAIN_AFTER = 5000; // ms without an answer
const POST_AFTER = 3; // tries by the socket before the message goes by a plain request
const ANSWER_WITHIN = 300; // ms that another tab has to say that a message is in its hands

const carrier = document.getElementById("outbox");
if (carrier) start(carrier, document.getElementById("app").dataset.conversation);

/**
 * @param {HTMLElement} carrier what the ws extension sends from
 * @param {string} shown the conversation of this page
 */
function start(carrier, shown) {
  const prefix = `colloquy:outbox:${carrier.dataset.user}:`;
  const tabs = new BroadcastChannel(prefix);
  /** @type {Unsent | null} */
  let unsent = null;
  let open = false;
  let tries = 0;
  let timer = 0;
  let warning = 0;

  document.addEventListener("colloquy:send", ({ detail }) => take({ ...detail, key: colloquy.newKey(), page: location.pathname }));
  document.addEventListener("colloquy:open", () => { open = true; deliver(); });
  document.addEventListener("colloquy:lost", () => { open = false; warn(); });
  document.addEventListener("colloquy:gone", () => { if (unsent) refuse(unsent, carrier.dataset.absent); });
  addEventListener("online", deliver);
  carrier.addEventListener("htmx:wsConfigSend", (event) => {
    event.detail.messageBody = JSON.stringify({ command: "send", ...fields() });
  });
  document.addEventListener("colloquy:changed", hear);

  // Of several tabs with the same conversation one holds the message; the others leave it alone.
  tabs.addEventListener("message", ({ data }) => {
    if (unsent && data.whose === unsent.key) tabs.postMessage({ mine: unsent.key });
  });
  addEventListener("storage", (event) => {
    if (unsent && event.key === prefix + unsent.key && event.newValue === null) settle("accepted", { url: "" });
  });

  adopt();

  /** @param {Unsent} message */
  function take(message) {
    unsent = message;
    tries = 0;
    keep(message);
    colloquy.tell("sending", message);
    timer = setTimeout(again, AGAIN_AFTER);
    warn();
    deliver();
  }

  function deliver() {
    if (unsent && open) htmx.trigger(carrier, "colloquy:deliver");
  }

  function again() {
    timer = setTimeout(again, AGAIN_AFTER);
    colloquy.tell("late", { offline: !open });
    if (++tries >= POST_AFTER && navigator.onLine) post(unsent);
    deliver();
  }

  function warn() {
    clearTimeout(warning);
    warning = setTimeout(() => { if (unsent && !open) colloquy.tell("late", { offline: true }); }, LATE_AFTER);
  }

  /** The socket may be blocked on the way, or half dead. @param {Unsent} message */
  async function post(message) {
    const url = carrier.dataset.url.replace(shown, message.conversation);
    const response = await colloquy.post(url, fields());
    if (!response || message !== unsent) return;
    if (response.redirected) return location.reload(); // signed out: it goes out after the next sign-in
    if (response.status === 404) return refuse(message, carrier.dataset.absent);
    if (response.status === 204) return arrive(`/c/${message.conversation}/`);
    const refusal = new DOMParser().parseFromString(await response.text(), "text/html").getElementById("composer-error");
    if (refusal && message === unsent) answer(refusal);
  }

  /** @param {string} url */
  function arrive(url) {
    settle("accepted", { url });
    if (open) location.reload(); // what took no message brings none either
    else colloquy.tell("detached");
  }

  function hear() {
    if (!unsent) return;
    const accepted = document.getElementById("accepted");
    const refusal = document.getElementById("composer-error");
    if (accepted?.dataset.key === unsent.key) settle("accepted", { url: accepted.dataset.url });
    else if (refusal?.dataset.key === unsent.key && refusal.textContent.trim()) answer(refusal);
  }

  /** @param {HTMLElement} refusal */
  function answer(refusal) {
    if (refusal.dataset.again === undefined) return refuse(unsent, refusal.textContent);
    document.getElementById("composer-error").textContent = "";
    colloquy.tell("late", { offline: false });
  }

  /**
   * @param {Unsent} message
   * @param {string} reason
   */
  function refuse({ text }, reason) {
    settle("refused", { text, reason });
  }

  /**
   * @param {string} outcome
   * @param {object} detail
   */
  function settle(outcome, detail) {
    const settled = unsent;
    clearTimeout(timer);
    clearTimeout(warning);
    forget(settled);
    unsent = null;
    colloquy.tell(outcome, { ...detail, conversation: settled.conversation });
    adopt();
  }

  /** Take over what a tab that is gone has left for this page. */
  async function adopt() {
    for (const left of leftHere()) {
      if (document.querySelector(`[data-sent="${CSS.escape(left.key)}"]`)) forget(left);
      else if (!(await heldElsewhere(left)) && !unsent && localStorage.getItem(prefix + left.key)) return take(left);
    }
  }

  /** @returns {Unsent[]} */
  function leftHere() {
    const isHere = (left) => left.conversation === shown || (left.page === "/" && location.pathname === "/");
    return all().filter((left) => left.key !== unsent?.key && isHere(left));
  }

  /** @param {Unsent} left */
  function heldElsewhere(left) {
    return new Promise((resolve) => {
      const heed = ({ data }) => { if (data.mine === left.key) resolve(true); };
      tabs.addEventListener("message", heed);
      setTimeout(() => { tabs.removeEventListener("message", heed); resolve(false); }, ANSWER_WITHIN);
      tabs.postMessage({ whose: left.key });
    });
  }

  function fields() {
    const { page, ...message } = unsent;
    return message;
  }

  /** @returns {Unsent[]} */
  function all() {
    try {
      const names = Object.keys(localStorage).filter((name) => name.startsWith(prefix));
      return names.map(read).filter((left) => left?.key);
    } catch {
      return [];
    }
  }

  /** @param {string} name */
  function read(name) {
    try {
      return JSON.parse(localStorage.getItem(name));
    } catch {
      return null; // whatever it is, it must not hide the others
    }
  }

  /** @param {Unsent} message */
  function keep(message) {
    try {
      localStorage.setItem(prefix + message.key, JSON.stringify(message));
    } catch { /* storage full or forbidden: it is kept as long as this page */ }
  }

  /** @param {Unsent} message */
  function forget(message) {
    try {
      localStorage.removeItem(prefix + message.key);
    } catch { /* as above */ }
  }
}
