// Puts a menu (a popover) beside the button that opened it, and moves through it with the arrow keys.

const GAP = 4; // px

document.addEventListener("toggle", (event) => {
  const menu = event.target;
  if (!(menu instanceof HTMLElement) || !menu.matches(".menu") || event.newState !== "open") return;
  const button = document.querySelector(`[popovertarget="${CSS.escape(menu.id)}"]`);
  if (button) place(menu, button.getBoundingClientRect());
  menu.querySelector(".menu-item")?.focus();
}, { capture: true });

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.(".menu");
  if (!menu || !["ArrowDown", "ArrowUp", "Home", "End"].includes(event.key)) return;
  event.preventDefault();
  const items = [...menu.querySelectorAll(".menu-item")];
  const place = items.indexOf(document.activeElement);
  const next = { ArrowDown: (place + 1) % items.length, ArrowUp: place - 1, Home: 0, End: -1 }[event.key];
  items.at(next)?.focus();
});

document.addEventListener("click", (event) => {
  event.target.closest?.(".menu-item")?.closest(".menu")?.hidePopover();
});

/**
 * @param {HTMLElement} menu
 * @param {DOMRect} button
 */
function place(menu, button) {
  menu.classList.add("is-placed");
  const { width, height } = menu.getBoundingClientRect();
  const below = button.bottom + GAP;
  const top = below + height > innerHeight ? button.top - GAP - height : below;
  const left = Math.min(button.left, innerWidth - width - GAP);
  menu.style.top = `${Math.max(GAP, top)}px`;
  menu.style.left = `${Math.max(GAP, left)}px`;
}
