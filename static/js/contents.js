// The contents of a long page, in a drawer on narrow screens: it closes once a place has been chosen.

const contents = document.getElementById("contents");

contents?.addEventListener("click", ({ target }) => {
  if (target.closest("a") && contents.matches(":popover-open")) contents.hidePopover();
});
