// How htmx puts what comes into its place, so that nothing the reader holds is taken from them.
//
// <ol hx-swap-oob="upsert:#list"><li id="a" data-order="3">…</li></ol> changes #a in #list, or inserts it where
// its order says (data-sort="asc" or "desc" on the list). An element with data-gone is taken away.

(() => {
  const held = new WeakSet(); // open blocks in which the reader has scrolled something
  const IN_USE = ":has([popover]:popover-open, [data-rename]:not([hidden]) :focus)"; // a menu or a title in somebody's hands
  const waiting = new Map(); // what is to be done to elements in use, by id

  htmx.defineExtension("upsert", {
    isInlineSwap: (swapStyle) => swapStyle === "none",
    handleSwap(swapStyle, target, fragment) {
      if (swapStyle === "upsert") return [...fragment.children].filter((element) => place(target, element)).map(standing);
      if (swapStyle !== "innerHTML") return false;
      if (target.id === "messages") return renew(target, [...fragment.children]);
      if (!target.classList.contains("tail") || !isHeld(target)) return false;
      morph.content(target, fragment);
      return [target];
    },
  });

  document.addEventListener("scroll", ({ target }) => {
    const tail = target instanceof Element && target.closest(".tail");
    if (tail) held.add(tail);
  }, { capture: true, passive: true });

  document.addEventListener("focusout", () => setTimeout(placeWaiting));
  document.addEventListener("toggle", () => setTimeout(placeWaiting), { capture: true });

  /**
   * The open block is drawn at every step: only what the reader has there makes it worth more than a replacement.
   * @param {Element} tail
   */
  function isHeld(tail) {
    return colloquy.isSelected(tail) || held.has(tail) || tail.contains(document.activeElement);
  }

  /**
   * The shown path is another. What stands above the stretch that came stays if it leads to it.
   * @param {HTMLElement} list
   * @param {HTMLElement[]} fresh
   */
  function renew(list, fresh) {
    colloquy.tell("renewing");
    const first = fresh.find((element) => element.matches(".message"));
    const joins = Boolean(first && document.getElementById(first.id));
    const above = (element) => joins && order(element) < order(first);
    const kept = new Set(fresh.map((element) => element.id));
    for (const child of [...list.children]) if (!kept.has(child.id) && !above(child)) child.remove();
    const placed = fresh.filter((element) => !(joins && element.id === "older") && place(list, element));
    colloquy.tell("renewed");
    return placed.map(standing);
  }

  /**
   * @param {HTMLElement} list
   * @param {HTMLElement} element
   * @returns {boolean} whether it is in the page now, or what it has been made of
   */
  function place(list, element) {
    const old = document.getElementById(element.id);
    if (element.dataset.gone !== undefined) {
      old?.remove();
      return false;
    }
    if (old?.matches(IN_USE)) {
      waiting.set(element.id, () => { if (place(list, element)) htmx.process(standing(element)); });
      return false;
    }
    waiting.delete(element.id);
    if (old && old.dataset.order === element.dataset.order) {
      morph.element(old, element);
      return true;
    }
    old?.remove();
    const next = successor(list, order(element));
    if (next?.matches(".more-items")) return false; // beyond what is loaded: it comes with its page
    list.insertBefore(element, next);
    return true;
  }

  function placeWaiting() {
    for (const [id, put] of waiting) if (!document.getElementById(id)?.matches(IN_USE)) put();
  }

  /**
   * @param {HTMLElement} list
   * @param {number} wanted
   * @returns {Element | null} what the element with this order stands before
   */
  function successor(list, wanted) {
    const sign = list.dataset.sort === "desc" ? -1 : 1;
    const after = (child) => child.dataset.order === undefined || sign * order(child) > sign * wanted;
    return [...list.children].find(after) ?? null;
  }

  /** @param {HTMLElement} element */
  function order(element) {
    return Number(element.dataset.order);
  }

  /** @param {HTMLElement} element */
  function standing(element) {
    return document.getElementById(element.id) ?? element;
  }
})();
