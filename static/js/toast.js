// Shows for a while what was done, with the way back. It stays as long as somebody is at it.

const SHOWN_FOR = 10_000; // ms

const toasts = document.getElementById("toasts");
if (toasts) start(toasts);

/** @param {HTMLElement} toasts */
function start(toasts) {
  let timer = 0;
  let byKeyboard = false;

  document.addEventListener("click", (event) => { byKeyboard = event.detail === 0; }, { capture: true });
  // No event tells of it when the button that was pressed has gone with its entry before the answer came.
  new MutationObserver(() => { if (toasts.childElementCount) show(); }).observe(toasts, { childList: true });
  for (const name of ["pointerenter", "focusin"]) toasts.addEventListener(name, () => clearTimeout(timer));
  for (const name of ["pointerleave", "focusout"]) toasts.addEventListener(name, wait);

  toasts.addEventListener("click", ({ target }) => {
    if (target.closest("[data-toast-close]")) close();
    if (target.closest("[data-undo]")) setTimeout(close); // once it has been sent
  });
  toasts.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    close();
  });

  if (toasts.childElementCount) {
    history.replaceState(history.state, "", location.pathname); // a reload shows it no more
    show();
  }

  function show() {
    htmx.process(toasts);
    const home = document.querySelector("#sidebar:popover-open") ?? document.getElementById("app"); // an open drawer lies above all else
    if (toasts.parentElement !== home) home.append(toasts);
    if (byKeyboard) toasts.querySelector("[data-undo]").focus();
    wait();
  }

  function wait() {
    clearTimeout(timer);
    if (!toasts.matches(":hover, :focus-within")) timer = setTimeout(close, SHOWN_FOR);
  }

  function close() {
    const hadFocus = toasts.contains(document.activeElement);
    toasts.replaceChildren();
    if (hadFocus) (document.querySelector("#conversations .conversation-link") ?? document.querySelector(".new-conversation")).focus({ preventScroll: true });
  }
}
