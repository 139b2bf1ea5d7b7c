// Draws an element anew by changing what differs, so that what the reader has there stays: focus, selection, scroll, what is open.

const morph = (() => {
  /** @type {Element[]} that have become other controls: what htmx makes of a click on them was meant for the old ones */
  let others = [];

  const callbacks = {
    // What scripts have put into the page, or opened there, is not the server's to take away.
    beforeNodeRemoved: (node) => !(node instanceof Element && node.matches(".edit")),
    beforeAttributeUpdated: (name, element) => !(name === "open" && element.matches("details, dialog")),
    beforeNodeMorphed(old, fresh) {
      if (old.isEqualNode(fresh)) return false;
      if (old instanceof Text) return grow(old, fresh.data);
      if (!(old instanceof Element)) return true;
      if (purpose(old) !== purpose(fresh)) others.push(old);
      if (!old.matches(".blocks")) return true;
      morphBlocks(old, fresh);
      return false;
    },
  };

  /** @param {Element} element */
  function purpose(element) {
    const request = element.getAttribute("hx-post") ?? element.getAttribute("hx-get") ?? "";
    return `${element.dataset?.action ?? ""} ${request.split("?")[0]}`;
  }

  /** @param {() => void} change */
  function changing(change) {
    change();
    for (const element of others) if (element.isConnected) element.replaceWith(element.cloneNode(true));
    others = [];
  }

  /**
   * Text that only grew is added to: a selection in it stays where it is.
   * @param {Text} old
   * @param {string} text
   */
  function grow(old, text) {
    if (text.startsWith(old.data)) old.appendData(text.slice(old.data.length));
    return true; // whatever still differs is set
  }

  /**
   * One by one, as most are the same, and there may be thousands.
   * @param {Element} old
   * @param {Element} fresh
   */
  function morphBlocks(old, fresh) {
    const blocks = [...fresh.childNodes];
    for (const [place, node] of [...old.childNodes].entries()) {
      const block = blocks[place];
      if (!block) node.remove();
      else if (!node.isEqualNode(block)) node.nodeName === block.nodeName ? change(node, block) : node.replaceWith(block);
    }
    old.append(...blocks.slice(old.childNodes.length));
  }

  /**
   * @param {Node} old
   * @param {Node} fresh
   */
  function change(old, fresh) {
    if (old instanceof Text) old.data = fresh.data;
    else Idiomorph.morph(old, fresh, { morphStyle: "outerHTML", callbacks });
  }

  return Object.freeze({
    /**
     * @param {Element} old
     * @param {Element} fresh with the same name
     */
    element: (old, fresh) => changing(() => change(old, fresh)),

    /**
     * @param {Element} old
     * @param {ParentNode} fresh
     */
    content(old, fresh) {
      changing(() => Idiomorph.morph(old, [...fresh.childNodes], { morphStyle: "innerHTML", callbacks }));
    },
  });
})();
