// Follows the reply being written while the reader is at the bottom, and offers the way back otherwise.

const NEAR = 96; // px from the end that still count as "at the bottom"

const messages = document.getElementById("messages");
const jump = document.getElementById("jump");
if (messages && jump) start(messages, jump);

/**
 * @param {HTMLElement} messages
 * @param {HTMLElement} jump
 */
function start(messages, jump) {
  const page = document.scrollingElement;
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  let following = true;
  let lastTop = 0;
  let lastHeight = 0;

  history.scrollRestoration = "manual";
  if (location.hash) following = atEnd();
  else toEnd();

  addEventListener("scroll", () => {
    const movedUp = page.scrollTop < lastTop && page.scrollHeight >= lastHeight;
    if (movedUp) following = false;
    else if (atEnd()) following = true;
    lastTop = page.scrollTop;
    lastHeight = page.scrollHeight;
    show();
  }, { passive: true });

  const growth = new ResizeObserver(() => {
    if (following && !selecting()) toEnd();
    show();
  });
  growth.observe(messages);
  growth.observe(document.getElementById("composer"));

  jump.addEventListener("click", () => { following = true; toEnd(calm.matches ? "instant" : "smooth"); });
  document.addEventListener("colloquy:placed", () => { following = false; });
  document.addEventListener("colloquy:sending", () => { following = true; toEnd(); });

  // Earlier messages arrive above what is being read: keep that where it is.
  let fromEnd = 0;
  messages.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target.id !== "older") return;
    following = false;
    fromEnd = page.scrollHeight - page.scrollTop;
  });
  messages.addEventListener("htmx:afterSwap", () => {
    if (fromEnd) page.scrollTop = page.scrollHeight - fromEnd;
    fromEnd = 0;
  });

  function atEnd() {
    return page.scrollHeight - page.scrollTop - innerHeight < NEAR;
  }

  /** @param {ScrollBehavior} behavior */
  function toEnd(behavior = "instant") {
    page.scrollTo({ top: page.scrollHeight, behavior });
  }

  function show() {
    jump.hidden = atEnd();
  }

  function selecting() {
    const selection = getSelection();
    return Boolean(selection && !selection.isCollapsed && messages.contains(selection.anchorNode));
  }
}
