// Keeps the page in step with its entry in the list: which one is shown, its title, and whether it still exists.

const list = document.getElementById("conversations");
if (list) start(list);

/** Gone from the list is not gone: only the part of the list that is loaded was drawn anew, or it was deleted in another tab. */
async function leaveIfDeleted() {
  const response = await fetch(location.pathname, { method: "HEAD" });
  if (response.status === 404) location.assign("/");
}

/** @param {HTMLElement} list */
function start(list) {
  const titleForm = document.getElementById("title-form");
  const titleInput = /** @type {HTMLInputElement} */ (document.getElementById("title-input"));
  const heading = document.getElementById("conversation-title");
  const newTitle = document.title;
  let listed = false;

  mark();
  document.addEventListener("htmx:wsAfterMessage", mark);
  document.addEventListener("htmx:afterSwap", mark);
  document.addEventListener("colloquy:conversation", () => { titleForm.hidden = false; mark(); });

  function mark() {
    const current = [...list.querySelectorAll(".conversation-link")].find((link) => link.pathname === location.pathname);
    for (const link of list.querySelectorAll("[aria-current]")) if (link !== current) link.removeAttribute("aria-current");
    if (!current) {
      if (listed) leaveIfDeleted();
      listed = false;
      return;
    }
    listed = true;
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
