// Follows the reply being written while the reader is at the bottom; elsewhere it keeps what is read where it is.

const NEAR = 96; // px from the end that still count as "at the bottom"
const FAR = 4; // screens; a way back longer than this is not shown

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
  /** @type {{element: Element, at: number} | null} what is read, and where in the page it stands */
  let anchor = null;
  let following = true;
  let lastTop = 0;
  let lastHeight = 0;

  history.scrollRestoration = "manual";
  const linked = document.querySelector("#messages > .is-linked");
  if (linked) linked.scrollIntoView({ block: "start", behavior: "instant" });
  else toEnd();
  following = atEnd();
  remember();

  addEventListener("scroll", () => {
    const movedUp = page.scrollTop < lastTop && page.scrollHeight >= lastHeight;
    if (movedUp) following = false;
    else if (atEnd()) following = true;
    settle();
    show();
  }, { passive: true });

  const growth = new ResizeObserver(() => {
    if (following && !selecting()) toEnd();
    else settle();
    show();
  });
  growth.observe(messages);
  growth.observe(document.getElementById("composer"));

  jump.addEventListener("click", () => {
    colloquy.tell("latest");
    following = true;
    const isNear = page.scrollHeight - page.scrollTop < FAR * innerHeight;
    toEnd(isNear && !calm.matches ? "smooth" : "instant");
  });
  document.addEventListener("colloquy:placed", () => { following = false; remember(); });
  document.addEventListener("colloquy:sending", () => { colloquy.tell("latest"); following = true; toEnd(); });

  // What others move above the reader's place: they say so before and after, in the same moment.
  document.addEventListener("colloquy:moving", settle);
  document.addEventListener("colloquy:moved", settle);

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

  /** Scroll by what the page has moved under the reader, unless they follow its end. */
  function settle() {
    const moved = !following && anchor?.element.isConnected ? placeOf(anchor.element) - anchor.at : 0;
    if (Math.abs(moved) >= 1) page.scrollBy({ top: moved, behavior: "instant" });
    remember();
  }

  function remember() {
    lastTop = page.scrollTop;
    lastHeight = page.scrollHeight;
    const element = following ? null : atHand();
    anchor = element && { element, at: placeOf(element) };
  }

  /** @returns {Element | null} the block that stands at the top of the view */
  function atHand() {
    const top = parseFloat(getComputedStyle(page).scrollPaddingTop) || 0;
    const { left, width } = messages.getBoundingClientRect();
    const found = document.elementFromPoint(left + width / 2, top);
    return found?.closest("#messages :is(.blocks, .tail) > *, #messages .message article > *")
      ?? [...messages.querySelectorAll(":scope > .message")].find((message) => message.getBoundingClientRect().bottom > top) ?? null;
  }

  /** @param {Element} element */
  function placeOf(element) {
    return element.getBoundingClientRect().top + page.scrollTop;
  }

  function selecting() {
    const selection = getSelection();
    return Boolean(selection && !selection.isCollapsed && messages.contains(selection.anchorNode));
  }
}
