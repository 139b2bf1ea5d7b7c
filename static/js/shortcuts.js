// Every keyboard shortcut of the page, in one table: it is what the keys do, and what the sheet of shortcuts lists.
//
// `when` says where it works: "always"; "idle", outside fields; "empty", there and in a field without text; "talking",
// there and in the message box.
// Keys alone, without Ctrl or Alt, can be switched off: they get in the way of speech input.

/** @typedef {{keys: string, when: "always" | "idle" | "empty" | "talking", run: () => void, if?: () => boolean}} Shortcut */

const isMac = /Mac|iPhone|iPad/.test(navigator.platform);
const setting = "colloquy:single-keys";
const composer = document.getElementById("composer-text");

/** @type {Record<string, Shortcut>} */
const SHORTCUTS = {
  palette: { keys: "Mod K", when: "always", run: () => colloquy.tell("palette") },
  sheet: { keys: "Mod /", when: "always", run: openSheet },
  previous: { keys: "Alt ArrowUp", when: "empty", run: () => go(-1) },
  next: { keys: "Alt ArrowDown", when: "empty", run: () => go(1) },
  stop: { keys: "Escape", when: "talking", if: () => colloquy.running().length > 0, run: () => document.getElementById("composer-stop")?.click() },
  leave: { keys: "Escape", when: "talking", if: () => document.activeElement === composer, run: () => document.getElementById("messages").focus() },
  shortcuts: { keys: "?", when: "idle", run: openSheet },
  new: { keys: "N", when: "idle", run: () => document.querySelector(".new-conversation").click() },
  write: { keys: "M", when: "idle", if: () => composer !== null, run: () => composer.focus() },
  search: { keys: "/", when: "idle", run: () => colloquy.tell("search") },
  sidebar: { keys: "S", when: "idle", run: () => colloquy.tell("sidebar") },
};
const OPEN = "dialog[open], [popover]:popover-open"; // these have keys of their own
const sheet = document.getElementById("shortcuts");
const NAMES = { Mod: isMac ? "⌘" : sheet?.dataset.control, Alt: isMac ? "⌥" : "Alt", Escape: "Esc", ArrowUp: "↑", ArrowDown: "↓" };
const choice = document.getElementById("single-keys");
if (sheet instanceof HTMLDialogElement && choice instanceof HTMLInputElement) start(sheet, choice);

/**
 * @param {HTMLDialogElement} sheet
 * @param {HTMLInputElement} choice
 */
function start(sheet, choice) {
  fill(sheet);
  choice.checked = recalled() !== "off";
  choice.addEventListener("change", () => remember(choice.checked ? "on" : "off"));

  document.addEventListener("keydown", (event) => {
    const composing = event.isComposing || event.keyCode === 229;
    if (event.defaultPrevented || composing || document.querySelector(OPEN)) return;
    const found = Object.values(SHORTCUTS).find((shortcut) => fits(shortcut, event));
    if (!found) return;
    event.preventDefault();
    found.run();
  });

  document.addEventListener("click", ({ target }) => {
    if (target.closest?.("[data-close]")) target.closest("dialog")?.close();
    else if (target === sheet) sheet.close(); // outside the box
    if (target.closest?.("[data-open='shortcuts']")) openSheet();
    const name = target.closest?.("[data-shortcut-run]")?.dataset.shortcutRun;
    if (name) SHORTCUTS[name].run();
  });

  /**
   * @param {Shortcut} shortcut
   * @param {KeyboardEvent} event
   */
  function fits(shortcut, event) {
    const isSingle = !shortcut.keys.includes(" ") && shortcut.keys.length === 1;
    if (isSingle && !choice.checked) return false;
    return pressed(shortcut.keys, event) && allowed(shortcut.when, event.target) && (shortcut.if?.() ?? true);
  }
}

/**
 * @param {string} keys
 * @param {KeyboardEvent} event
 */
function pressed(keys, event) {
  const parts = keys.split(" ");
  const key = parts.pop();
  const mod = isMac ? event.metaKey : event.ctrlKey;
  const other = isMac ? event.ctrlKey : event.metaKey;
  const isShifted = event.shiftKey && /^[a-z]$|^(Arrow|Esc)/i.test(key); // signs may need Shift to be typed
  return event.key.toLowerCase() === key.toLowerCase() && mod === parts.includes("Mod") && event.altKey === parts.includes("Alt") && !other && !isShifted;
}

/**
 * @param {Shortcut["when"]} when
 * @param {EventTarget} target
 */
function allowed(when, target) {
  const field = target instanceof Element && target.closest("input, textarea, select, [contenteditable]");
  if (!field || when === "always") return true;
  return (when === "empty" && field.value === "") || (when === "talking" && field === composer);
}

/** @param {number} step */
function go(step) {
  const links = [...document.querySelectorAll("#conversations .conversation-link")];
  const place = links.findIndex((link) => link.getAttribute("aria-current") === "page");
  (place < 0 ? links[0] : links[place + step])?.click();
}

function openSheet() {
  sheet.showModal();
}

/** @param {HTMLElement} sheet */
function fill(sheet) {
  for (const row of sheet.querySelectorAll("[data-shortcut]")) {
    const { keys } = SHORTCUTS[row.dataset.shortcut];
    const names = keys.split(" ").map((key) => Object.assign(document.createElement("kbd"), { textContent: NAMES[key] ?? key }));
    row.querySelector("dd").replaceChildren(...names);
  }
  for (const key of document.querySelectorAll("kbd[data-key]")) key.textContent = NAMES[key.dataset.key];
}

function recalled() {
  try {
    return localStorage.getItem(setting);
  } catch {
    return null; // storage forbidden: as at first
  }
}

/** @param {string} value */
function remember(value) {
  try {
    localStorage.setItem(setting, value);
  } catch { /* storage forbidden: it holds as long as this page */ }
}
