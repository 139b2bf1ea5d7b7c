// Keeps what is written and not sent on the server, and shows what was written elsewhere: the protocol is apps/chat/drafts.py.
//
// The box is untouched while it holds what was `settled`: what came from another page, or what the server has of ours.
// An untouched box shows what is newest; any other is left alone. What is not stored yet is kept in this browser, too.

/** @typedef {{draft: string, version: number, text: string}} Draft */

const KEEP_EVERY = 400, SAVE_EVERY = 1000, AGAIN_AFTER = 5000; // ms
const LONG = 20_000, LONGER = 5; // characters, and how much less often such text is kept
const MOST_ON_LEAVING = 60_000; // characters: browsers send no more for a page that goes
const EVERY_VERSION = 2 ** 31 - 1;

const box = document.getElementById("composer-text");
const list = document.getElementById("drafts");
if (box instanceof HTMLTextAreaElement && list) start(box, list);

/**
 * @param {HTMLTextAreaElement} box
 * @param {HTMLElement} list what the server says there is
 */
function start(box, list) {
  const form = box.form;
  const field = /** @type {HTMLInputElement} */ (form.elements.namedItem("draft"));
  const conversation = /** @type {HTMLInputElement} */ (form.elements.namedItem("conversation"));
  const others = document.getElementById("other-drafts");
  const template = /** @type {HTMLTemplateElement} */ (document.getElementById("other-draft-template"));
  const prefix = `colloquy:draft:${document.getElementById("outbox").dataset.user}:`;
  const texts = new Map(); // of drafts seen here: the server does not repeat our own
  const passed = new Set(); // drafts that were there when something was sent: nobody wants them in the empty box
  let isNew = location.pathname === "/";
  let isOpen = false; // the socket
  let wish = {};
  /** @type {Draft | null} */
  let mine = null; // the newest version of ours
  let stored = 0; // the newest that the server is known to have
  /** @type {Draft | null} */
  let base = null; // what was shown when ours began, and is replaced by it
  let settled = box.defaultValue;
  /** @type {Draft | null} */
  let unsure = null; // was left here by a page that is gone; the server may know more of it
  let lastSent = "";
  let timer = 0;
  let again = 0;
  let savedAt = 0;

  begin();
  box.addEventListener("input", () => { if (touched()) schedule(KEEP_EVERY * slowness()); });
  document.addEventListener("colloquy:open", () => { isOpen = true; save(); flush(); });
  document.addEventListener("colloquy:lost", () => { isOpen = false; });
  list.addEventListener("htmx:wsConfigSend", ({ detail }) => { detail.messageBody = JSON.stringify(wish); });
  document.addEventListener("visibilitychange", () => { if (document.hidden) save(); });
  addEventListener("pagehide", leave);
  new MutationObserver(hear).observe(list, { childList: true });

  document.addEventListener("colloquy:send", ({ detail }) => {
    for (const { draft } of open()) passed.add(draft);
    passed.add(detail.draft); // the list may not have it yet
    if (mine) forget(mine.draft);
    settle(null, "");
    lastSent = detail.draft;
  });

  document.addEventListener("colloquy:refused", () => {
    if (lastSent) base = { draft: lastSent, version: EVERY_VERSION, text: "" };
  });

  document.addEventListener("colloquy:conversation", () => move(false));
  document.addEventListener("colloquy:gone", () => { move(true); keep(); });

  others.addEventListener("click", ({ target }) => {
    const other = open().find(({ draft }) => draft === target.closest("[data-draft]")?.dataset.draft);
    if (!other) return;
    if (target.closest("[data-use]")) {
      save();
      take(other);
      box.focus();
    } else if (target.closest("[data-discard]")) {
      say({ command: "discard", ...where(), draft: other.draft, version: other.version });
      passed.add(other.draft);
      target.closest("[data-draft]").remove();
      box.focus({ preventScroll: true });
    }
    offer();
  });

  /** What this tab wrote comes before what is newest, and what is kept only here before both. */
  function begin() {
    const own = sessionStorage.getItem(place());
    const shown = open().find(({ draft }) => draft === own) ?? open()[0];
    if (shown) take(shown);
    unsure = kept().filter((left) => (left.new ? isNew : !isNew && left.conversation === conversation.value)).at(-1) ?? null;
    if (unsure) take(unsure);
    offer();
    flush();
  }

  function touched() {
    return box.value !== settled;
  }

  function slowness() {
    return box.textLength > LONG ? LONGER : 1;
  }

  /** @param {number} delay */
  function schedule(delay) {
    timer ||= setTimeout(() => {
      timer = 0;
      keep();
      const wait = savedAt + SAVE_EVERY * slowness() - Date.now();
      if (wait <= 0) save();
      else schedule(wait);
    }, delay);
  }

  /** Have the text in this browser, as the next version of our draft. */
  function keep() {
    if (!touched() || mine?.text === box.value) return;
    mine = { draft: mine?.draft ?? newId(), version: (mine?.version ?? 0) + 1, text: box.value };
    field.value = mine.draft;
    texts.set(mine.draft, mine.text);
    attempt(() => {
      localStorage.setItem(prefix + mine.draft, JSON.stringify({ ...command(), at: Date.now() }));
      sessionStorage.setItem(place(), mine.draft);
    });
  }

  function command() {
    const replaces = base && stored === 0 ? { replaces: base.draft, replaced_version: base.version } : {};
    return { command: "draft", ...where(), ...mine, ...replaces };
  }

  function where() {
    return { conversation: conversation.value, ...(isNew && { new: "1" }) };
  }

  /** Have the text on the server; asks again until the list says that it is there. */
  function save() {
    keep();
    if (!mine || mine.version === stored || form.classList.contains("is-too-long") || !say(command())) return;
    savedAt = Date.now();
    clearTimeout(again);
    again = setTimeout(save, AGAIN_AFTER);
  }

  /** @param {object} command */
  function say(command) {
    if (!isOpen) return false;
    wish = command;
    htmx.trigger(list, "colloquy:wish");
    return true;
  }

  /** The list has changed. */
  function hear() {
    const drafts = open();
    for (const { draft, version } of drafts) if (version >= (read(draft)?.version ?? Infinity)) forget(draft);
    const found = mine && drafts.find(({ draft }) => draft === mine.draft);
    if (found) {
      stored = found.version;
      if (stored === mine.version) settled = mine.text;
    } else if (mine?.text === "" && !drafts.some(({ draft }) => draft === base?.draft)) {
      forget(mine.draft);
      settle(null, "");
    } else if (mine && stored) {
      forget(mine.draft); // sent or replaced elsewhere; what was written since begins another
      mine = base = null;
      stored = 0;
      if (touched()) schedule(0);
    }
    if (!mine && !touched() && !unsure) {
      const next = drafts.find(({ draft }) => draft === base?.draft) ?? drafts.find(({ draft }) => !passed.has(draft));
      if (next || settled) take(next ?? null);
    }
    offer();
  }

  /** @param {Draft | null} draft what the box shows from now on */
  function take(draft) {
    settle(draft, draft?.text ?? "");
    if (touched()) write(settled);
  }

  /**
   * @param {Draft | null} draft
   * @param {string} text
   */
  function settle(draft, text) {
    clearTimeout(timer);
    timer = stored = 0;
    mine = null;
    base = draft;
    settled = text;
    field.value = draft?.draft ?? "";
  }

  /** @param {boolean} toNew the text goes on in a new conversation, or else in the one that has just begun */
  function move(toNew) {
    isNew = toNew;
    if (mine) {
      forget(mine.draft);
      base = mine;
    }
    mine = null;
    stored = 0;
    settled = "";
    if (box.value) save();
  }

  /** @param {string} text */
  function write(text) {
    const { selectionStart, selectionEnd } = box;
    box.value = text;
    if (document.activeElement === box) box.setSelectionRange(selectionStart, selectionEnd);
    box.dispatchEvent(new Event("input", { bubbles: true }));
  }

  /** Offer what is neither in the box nor about to be replaced by it. */
  function offer() {
    const isShown = ({ draft, version, text }) => draft === mine?.draft || text === box.value || (draft === base?.draft && version <= base.version);
    const offered = open().filter((draft) => !isShown(draft));
    const drawn = offered.map(({ draft, text }) => {
      const item = /** @type {HTMLElement} */ (template.content.firstElementChild.cloneNode(true));
      item.dataset.draft = draft;
      item.querySelector("span").textContent = text.slice(0, 300);
      return item;
    });
    if (others.textContent !== drawn.map((item) => item.textContent).join("")) others.replaceChildren(...drawn);
  }

  /** @returns {Draft[]} what is open here, newest first */
  function open() {
    return [...list.querySelectorAll("data")].map(({ value: draft, dataset, textContent }) => {
      if (textContent) texts.set(draft, textContent);
      return { draft, version: Number(dataset.version), text: texts.get(draft) ?? "" };
    });
  }

  function leave() {
    keep();
    if (mine && mine.version !== stored && mine.text.length < MOST_ON_LEAVING) post(command(), { keepalive: true });
  }

  /** Store what pages that are gone could not: under another name if theirs was closed without it. */
  async function flush() {
    for (const left of kept().filter(({ draft }) => draft !== mine?.draft)) {
      const fate = await ask(left);
      if (!fate) return; // the server is away; the next connection brings us back here
      if (fate === "absent") await ask({ ...left, draft: newId(), new: "1" });
      if (fate === "news" && unsure?.draft !== left.draft) await ask({ ...left, draft: newId() });
      if (fate !== "refused") forget(left.draft);
      if (unsure?.draft === left.draft) know(fate);
    }
  }

  /** @param {string} fate what the server says of the text that the box shows */
  function know(fate) {
    unsure = null;
    if (fate === "over") return hear();
    if (fate === "stored") return; // the list will have it
    if (!touched()) settled = "";
    save();
  }

  /**
   * @param {object} record a draft to store
   * @returns {Promise<string>} what became of it; empty if nobody knows
   */
  async function ask(record) {
    const response = await post(record);
    if (!response || response.redirected || response.status >= 500) return "";
    if (response.status === 404) return "absent";
    return response.ok ? response.text() : "refused";
  }

  /**
   * @param {object} values
   * @param {RequestInit} [options]
   */
  function post({ command, at, ...values }, options) {
    return colloquy.post(`/c/${values.conversation}/${command}/`, values, options);
  }

  function place() {
    return `${prefix}${isNew ? "new" : conversation.value}`;
  }

  /** @returns {(Draft & {conversation: string, new?: string})[]} what this browser has and the server may not, oldest first */
  function kept() {
    const names = attempt(() => Object.keys(localStorage).filter((name) => name.startsWith(prefix))) ?? [];
    return names.map((name) => read(name.slice(prefix.length))).filter((record) => record?.command).sort((a, b) => a.at - b.at);
  }

  /** @param {string} draft */
  function read(draft) {
    return attempt(() => JSON.parse(localStorage.getItem(prefix + draft)));
  }

  /** @param {string} draft */
  function forget(draft) {
    attempt(() => localStorage.removeItem(prefix + draft));
  }
}

/** @returns {string} an id as the server spells it */
function newId() {
  return colloquy.newKey().replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/**
 * @template T
 * @param {() => T} what uses the browser's storage, which may be full or forbidden
 * @returns {T | undefined}
 */
function attempt(what) {
  try {
    return what();
  } catch {
    return undefined; // the text is still in the box, and goes to the server
  }
}
