// Keeps what is selected in a reply while it is being written, though its blocks are replaced by finished ones.

/** @typedef {{node: Node, offset: number, body?: string, letters: number}} Point `letters` of the body stand before it */

const RUNNING = ".is-queued .prose, .is-streaming .prose";
const messages = document.getElementById("messages");
if (messages) start(messages);

/** @param {HTMLElement} messages */
function start(messages) {
  /** @type {[Point, Point] | null} */
  let held = null;

  document.addEventListener("htmx:wsBeforeMessage", () => {
    const selection = getSelection();
    const isOurs = selection && !selection.isCollapsed && (messages.contains(selection.anchorNode) || messages.contains(selection.focusNode));
    held = isOurs ? [point(selection.anchorNode, selection.anchorOffset), point(selection.focusNode, selection.focusOffset)] : null;
  });

  document.addEventListener("colloquy:changed", () => {
    if (held && !stands(held)) restore(held);
    held = null;
  });
}

/**
 * @param {Node} node
 * @param {number} offset
 * @returns {Point}
 */
function point(node, offset) {
  const body = (node instanceof Element ? node : node.parentElement)?.closest(RUNNING);
  if (!body) return { node, offset, letters: 0 };
  const before = document.createRange();
  before.setStart(body, 0);
  before.setEnd(node, offset);
  return { node, offset, body: body.id, letters: before.toString().length };
}

/** @param {[Point, Point]} held */
function stands([anchor, focus]) {
  const { anchorNode, anchorOffset, focusNode, focusOffset } = getSelection();
  return anchorNode === anchor.node && anchorOffset === anchor.offset && focusNode === focus.node && focusOffset === focus.offset;
}

/** @param {[Point, Point]} held */
function restore(held) {
  const places = held.map(({ node, offset, body, letters }) => {
    if (body) return letter(document.getElementById(body), letters);
    return node.isConnected ? { node, offset } : null;
  });
  const [anchor, focus] = places;
  if (anchor && focus) getSelection().setBaseAndExtent(anchor.node, anchor.offset, focus.node, focus.offset);
}

/**
 * @param {Element | null} body
 * @param {number} letters
 * @returns {{node: Text, offset: number} | null}
 */
function letter(body, letters) {
  const texts = body && document.createTreeWalker(body, NodeFilter.SHOW_TEXT);
  let rest = letters;
  for (let node = texts?.nextNode(); node; node = texts.nextNode()) {
    if (rest <= node.data.length) return { node, offset: rest };
    rest -= node.data.length;
  }
  return null;
}
