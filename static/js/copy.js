// Copies a message as Markdown (asked from the server), a link to it, or a code block as text.

const SHOWN_FOR = 1600; // ms

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-source], [data-copy]");
  if (button) copy(button);
  const link = event.target.closest?.("[data-link]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  copy(link);
});

/** @param {HTMLElement} button */
async function copy(button) {
  const announcer = document.getElementById("announcer");
  try {
    await write(wanted(button));
    confirm(button, announcer?.dataset.copied);
    announce(announcer?.dataset.copied);
  } catch {
    announce(announcer?.dataset.notCopied);
  }
}

/**
 * @param {HTMLElement} button
 * @returns {Promise<string>}
 */
async function wanted(button) {
  const { source: address, link } = button.dataset;
  if (address) return source(address);
  return link ? new URL(link, location.href).href : codeBeside(button);
}

/**
 * @param {HTMLElement} button with icons, or with a word of its own
 * @param {string} [word]
 */
function confirm(button, word) {
  if (button.classList.contains("is-copied")) return;
  const label = button.querySelector("svg") ? null : button.textContent;
  button.classList.add("is-copied");
  if (label && word && label !== word) button.textContent = word;
  setTimeout(() => {
    button.classList.remove("is-copied");
    if (label) button.textContent = label;
  }, SHOWN_FOR);
}

/** @param {string} url */
async function source(url) {
  const response = await fetch(url, { headers: { Accept: "text/plain" } });
  if (!response.ok) throw new Error(`${response.status}`);
  return response.text();
}

/** @param {HTMLElement} button */
function codeBeside(button) {
  return button.closest("figure")?.querySelector("pre")?.textContent ?? "";
}

/**
 * Safari wants the promise itself, inside the click; plain HTTP has no clipboard at all.
 * @param {Promise<string>} text
 */
async function write(text) {
  if (navigator.clipboard?.write && window.ClipboardItem) {
    const blob = text.then((value) => new Blob([value], { type: "text/plain" }));
    try {
      return await navigator.clipboard.write([new ClipboardItem({ "text/plain": blob })]);
    } catch { /* refused, or a browser that wants no promise: the old way below */ }
  }
  writeBySelection(await text);
}

/** @param {string} text */
function writeBySelection(text) {
  const active = document.activeElement;
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "visually-hidden";
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  if (active instanceof HTMLElement) active.focus({ preventScroll: true });
  if (!done) throw new Error("refused");
}

/** @param {string} [text] */
function announce(text) {
  colloquy.tell("announce", text);
}
