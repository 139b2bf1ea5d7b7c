// The sidebar: folded away and back on wide screens, which is remembered; a drawer over the page on narrow ones.

const sidebar = document.getElementById("sidebar");
if (sidebar) start(sidebar, document.getElementById("app"));

/**
 * @param {HTMLElement} sidebar
 * @param {HTMLElement} app
 */
function start(sidebar, app) {
  const narrow = matchMedia("(width < 56rem)");
  const fold = sidebar.querySelector(".sidebar-fold");
  const unfold = document.querySelector(".header-menu");
  const words = document.getElementById("search-words");

  document.addEventListener("colloquy:sidebar", () => {
    if (narrow.matches) sidebar.togglePopover();
    else setFolded(!app.classList.contains("is-folded"));
  });

  fold.addEventListener("click", () => { setFolded(true); unfold?.focus(); });

  unfold?.addEventListener("click", (event) => {
    if (narrow.matches) return;
    event.preventDefault(); // a popover is what it opens on narrow screens
    setFolded(false);
    fold.focus();
  });

  document.addEventListener("colloquy:search", () => {
    if (narrow.matches) sidebar.showPopover();
    else setFolded(false);
    words.focus();
  });

  words.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !words.value) return;
    event.preventDefault(); // the drawer stays
    words.value = "";
    words.dispatchEvent(new Event("input", { bubbles: true }));
  });

  // While the drawer is open there is nothing else; the way back must be free before it closes.
  sidebar.addEventListener("beforetoggle", (event) => {
    if (event.target === sidebar) setAlone(event.newState === "open");
  });
  sidebar.addEventListener("toggle", (event) => {
    if (event.target === sidebar && event.newState === "open" && !sidebar.contains(document.activeElement)) sidebar.querySelector(".sidebar-close").focus();
  });
  narrow.addEventListener("change", () => { if (sidebar.matches(":popover-open")) sidebar.hidePopover(); });

  /** @param {boolean} alone */
  function setAlone(alone) {
    for (const other of app.children) if (other !== sidebar && !other.matches("dialog, .toasts")) other.inert = alone;
  }

  /** @param {boolean} folded */
  function setFolded(folded) {
    app.classList.toggle("is-folded", folded);
    colloquy.remember("sidebar", folded ? "folded" : "");
  }
}
