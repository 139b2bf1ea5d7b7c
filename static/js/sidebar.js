// Keeps the page in step with the list: which conversation is shown, its title, and whether it still exists.

const list = document.getElementById("conversations");
if (list) start(list);

/** @param {HTMLElement} list */
function start(list) {
  const titleForm = document.getElementById("title-form");
  const titleInput = /** @type {HTMLInputElement | null} */ (document.getElementById("title-input"));
  const heading = document.getElementById("conversation-title");
  /** @type {{element: HTMLElement, selector: string, at: number} | null} */
  let focused = null;
  let deleting = ""; // by this tab: the address of the command

  mark();
  document.addEventListener("colloquy:changed", () => { mark(); refocus(); });
  document.addEventListener("htmx:afterSwap", mark);
  document.addEventListener("colloquy:conversation", () => { titleForm.hidden = false; mark(); });

  document.addEventListener("htmx:beforeRequest", ({ detail }) => {
    if (detail.requestConfig.path.endsWith("/delete/")) deleting = detail.requestConfig.path;
  });
  document.addEventListener("htmx:wsBeforeMessage", ({ detail }) => { if (deletesShown(detail.message)) leave(); });
  document.addEventListener("htmx:wsAfterMessage", ({ detail }) => { if (detail.message.includes("#conversations")) colloquy.tell("listed"); });

  document.addEventListener("focusin", ({ target }) => {
    const entry = target.closest?.("#conversations > li");
    const kind = entry && [".conversation-link", ".conversation-more"].find((name) => target.matches(name));
    if (kind) focused = { element: target, selector: `#${CSS.escape(entry.id)} ${kind}`, at: [...list.children].indexOf(entry) };
    else if (document.activeElement !== document.body) focused = null;
  });

  function mark() {
    const current = [...list.querySelectorAll(".conversation-link")].find((link) => link.pathname === location.pathname);
    for (const link of list.querySelectorAll("[aria-current]")) if (link !== current) link.removeAttribute("aria-current");
    current?.setAttribute("aria-current", "page");
    const title = document.getElementById("shown")?.dataset.title || current?.querySelector(".conversation-title").textContent;
    if (title && heading) showTitle(title);
  }

  /** @param {string} title */
  function showTitle(title) {
    if (heading.textContent === title) return;
    heading.textContent = title;
    colloquy.tell("title", title);
    if (document.activeElement !== titleInput) titleInput.value = title;
  }

  /** An entry that was drawn anew, or moved, or went, takes no focus away: it or its neighbour has it. */
  function refocus() {
    if (!focused || focused.element.isConnected || document.activeElement !== document.body) return;
    const entries = [...list.querySelectorAll(":scope > .conversation")];
    const beside = entries.find((entry) => [...list.children].indexOf(entry) >= focused.at) ?? entries.at(-1);
    (list.querySelector(focused.selector) ?? beside?.querySelector(".conversation-link"))?.focus({ preventScroll: true });
  }

  function leave() {
    const { conversation } = document.getElementById("app").dataset;
    location.assign(deleting.includes(conversation) ? `/?deleted=${conversation}` : "/");
  }
}

/**
 * @param {string} frame
 * @returns {boolean} whether it takes away the conversation of this page, here or in another tab
 */
function deletesShown(frame) {
  if (!frame.includes("data-deleted")) return false; // most frames: parse only what may matter
  const shown = document.getElementById("app").dataset.conversation;
  return new DOMParser().parseFromString(frame, "text/html").getElementById(`conversation-${shown}`)?.dataset.deleted !== undefined;
}
