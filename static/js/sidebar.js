// Keeps the page in step with its entry in the list: which one is shown, its title, and whether it still exists.

const list = document.getElementById("conversations");
if (list) start(list);

/** @param {HTMLElement} list */
function start(list) {
  const titleForm = document.getElementById("title-form");
  const titleInput = /** @type {HTMLInputElement} */ (document.getElementById("title-input"));
  const heading = document.getElementById("conversation-title");
  const newTitle = document.title;

  mark();
  document.addEventListener("colloquy:changed", mark);
  document.addEventListener("htmx:wsBeforeMessage", ({ detail }) => { if (deletesShown(detail.message)) location.assign("/"); });
  document.addEventListener("htmx:afterSwap", mark);
  document.addEventListener("colloquy:conversation", () => { titleForm.hidden = false; mark(); });

  function mark() {
    const current = [...list.querySelectorAll(".conversation-link")].find((link) => link.pathname === location.pathname);
    for (const link of list.querySelectorAll("[aria-current]")) if (link !== current) link.removeAttribute("aria-current");
    if (!current) return; // further down the list than what is loaded
    current.setAttribute("aria-current", "page");
    showTitle(current.querySelector(".conversation-title").textContent);
  }

  /** @param {string} title */
  function showTitle(title) {
    if (heading.textContent === title) return;
    heading.textContent = title;
    document.title = newTitle.replace(/^.*(?= · Colloquy$)/s, () => title);
    if (document.activeElement !== titleInput) titleInput.value = title;
  }
}

/**
 * @param {string} frame
 * @returns {boolean} whether it takes away the conversation of this page, here or in another tab
 */
function deletesShown(frame) {
  if (!frame.includes("data-gone")) return false; // most frames: parse only what may matter
  const shown = document.getElementById("app").dataset.conversation;
  return new DOMParser().parseFromString(frame, "text/html").getElementById(`conversation-${shown}`)?.dataset.gone !== undefined;
}
