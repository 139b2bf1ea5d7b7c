// Shows a stretch of a long conversation: more comes when the reader nears its ends, and what is far from them goes.

const MOST = 150; // messages in the page
const LAST = 2; // of them always the newest: what runs is told by them, and what comes next goes behind them
const EARLY = "1500px 0px"; // before they come into view

const messages = document.getElementById("messages");
const template = document.getElementById("beyond-template");
if (messages && template instanceof HTMLTemplateElement) start(messages, template);

/**
 * @param {HTMLElement} messages
 * @param {HTMLTemplateElement} template
 */
function start(messages, template) {
  const near = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) if (isIntersecting && target.isConnected) reach(target);
  }, { rootMargin: EARLY });

  watch();
  messages.addEventListener("htmx:beforeSwap", () => colloquy.tell("moving"));
  messages.addEventListener("htmx:afterSwap", () => {
    colloquy.tell("moved");
    tidy();
    watch();
  });
  document.addEventListener("colloquy:changed", () => { if (messages.childElementCount > MOST + LAST) tidy(); });
  document.addEventListener("colloquy:renewed", watch);
  document.addEventListener("colloquy:latest", () => { if (gap()) moving(leaveBehind); });

  /** Look anew whether the ends are near: who is still near after more has come needs more. */
  function watch() {
    near.disconnect();
    for (const end of messages.querySelectorAll(":scope > .beyond")) near.observe(end);
  }

  /** @param {Element} end */
  function reach(end) {
    if (end.id === "newer" && isPassed(end)) moving(leaveBehind);
    else if (!end.querySelector(".htmx-request")) htmx.trigger(end.querySelector("a"), "colloquy:near");
  }

  /** @param {Element} end whether the reader is behind it, at the end of the conversation */
  function isPassed(end) {
    const { scrollHeight, scrollTop } = document.scrollingElement;
    return end.getBoundingClientRect().bottom < innerHeight / 2 || scrollHeight - scrollTop - innerHeight < 1;
  }

  function tidy() {
    moving(() => {
      closeGap();
      const shown = all();
      const excess = shown.length - MOST;
      if (excess <= 0) return;
      const here = shown.findIndex((message) => message.getBoundingClientRect().bottom > 0);
      if (here >= shown.length / 2) takeAbove(shown.slice(0, excess));
      else takeBelow(shown, excess);
    });
  }

  /** @param {() => void} change what stands around the reader's place, which stays */
  function moving(change) {
    colloquy.tell("moving");
    change();
    colloquy.tell("moved");
  }

  /** @param {Element[]} far */
  function takeAbove(far) {
    const first = far.findIndex(isHeld);
    const going = first < 0 ? far : far.slice(0, first);
    if (going.length === 0) return;
    for (const message of going) message.remove();
    const top = all()[0];
    if (gap() && gap().compareDocumentPosition(top) & Node.DOCUMENT_POSITION_FOLLOWING) gap().remove();
    put("older", "above", top, -0.5);
  }

  /**
   * @param {HTMLElement[]} shown
   * @param {number} excess
   */
  function takeBelow(shown, excess) {
    const end = shown.length - LAST;
    const behind = gap() ? shown.findIndex((message) => order(message) > order(gap())) : end;
    const far = shown.slice(Math.min(end - excess, behind), end);
    const last = far.findLastIndex(isHeld);
    const going = far.slice(last + 1);
    if (going.length === 0) return;
    const before = /** @type {HTMLElement} */ (shown[shown.indexOf(going[0]) - 1]);
    for (const message of going) message.remove();
    put("newer", "below", before, 0.5);
  }

  /** The reader has gone to the end: what is above the gap is far away now. */
  function leaveBehind() {
    const mark = order(gap());
    for (const message of all()) if (order(message) < mark) message.remove();
    gap().remove();
    put("older", "above", all()[0], -0.5);
    watch();
  }

  /**
   * @param {string} id
   * @param {string} side
   * @param {HTMLElement} message at which the stretch ends
   * @param {number} beyond
   */
  function put(id, side, message, beyond) {
    document.getElementById(id)?.remove();
    const end = /** @type {HTMLElement} */ (template.content.querySelector(`#${id}`).cloneNode(true));
    const link = end.querySelector("a");
    const url = `${messages.dataset.url}${side}/${message.id.replace("message-", "")}/`;
    link.href = url;
    link.setAttribute("hx-get", url);
    end.dataset.order = String(order(message) + beyond);
    if (beyond < 0) message.before(end);
    else message.after(end);
    htmx.process(end);
    near.observe(end);
  }

  /** What came last may lead up to what stands behind the gap, or beyond. */
  function closeGap() {
    const [before, after] = [gap()?.previousElementSibling, gap()?.nextElementSibling];
    if (before && after && order(after) - order(before) <= 1) gap().remove();
  }

  /** @returns {HTMLElement[]} */
  function all() {
    return [...messages.querySelectorAll(":scope > .message:not(.is-sending)")];
  }

  /** @returns {HTMLElement | null} */
  function gap() {
    return messages.querySelector(":scope > #newer");
  }
}

/** @param {Element} message what the reader has in their hands must not go */
function isHeld(message) {
  return colloquy.isSelected(message) || message.contains(document.activeElement) || message.matches(":has(.edit)");
}

/** @param {Element} element */
function order(element) {
  return Number(element.dataset.order);
}
