// Breaks the long lines of code, or lets them scroll: in every block alike, and remembered in this browser.

const app = document.getElementById("app");
if (app) start(app);

/** @param {HTMLElement} app */
function start(app) {
  say();
  app.addEventListener("click", ({ target }) => {
    const button = target.closest?.("[data-wrap]");
    if (button) standing(button, () => setWrapped(!isWrapped()));
  });
  document.addEventListener("colloquy:changed", sayOfNew);

  function isWrapped() {
    return app.classList.contains("is-wrapped");
  }

  /** @param {boolean} wrapped */
  function setWrapped(wrapped) {
    app.classList.toggle("is-wrapped", wrapped);
    colloquy.remember("code", wrapped ? "wrapped" : "");
    say();
  }

  function say() {
    const pressed = String(isWrapped());
    for (const button of app.querySelectorAll(`[data-wrap]:not([aria-pressed="${pressed}"])`)) button.setAttribute("aria-pressed", pressed);
  }

  /** What comes from the server says that nothing is wrapped. */
  function sayOfNew() {
    if (isWrapped()) say();
  }
}

/**
 * @param {Element} button that stays under the pointer, though what stands above it grows or shrinks
 * @param {() => void} change
 */
function standing(button, change) {
  const { top } = button.getBoundingClientRect();
  colloquy.tell("moving");
  change();
  colloquy.tell("moved");
  scrollBy({ top: button.getBoundingClientRect().top - top, behavior: "instant" });
}
