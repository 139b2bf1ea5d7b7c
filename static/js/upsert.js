// A swap style for htmx: put elements in their places by id and order, however often they arrive.
//
// <ol hx-swap-oob="upsert:#list"><li id="a" data-order="3">…</li></ol> replaces #a in #list, or inserts it where
// its order says (data-sort="asc" or "desc" on the list). An element with data-gone is taken away.

htmx.defineExtension("upsert", {
  isInlineSwap: (swapStyle) => swapStyle === "none",
  handleSwap(swapStyle, list, fragment) {
    if (swapStyle !== "upsert") return false;
    return [...fragment.children].filter((element) => place(list, element));
  },
});

/**
 * @param {HTMLElement} list
 * @param {HTMLElement} element
 * @returns {boolean} whether the element is in the page now
 */
function place(list, element) {
  const old = document.getElementById(element.id);
  if (element.dataset.gone !== undefined) {
    old?.remove();
    return false;
  }
  if (old && old.dataset.order === element.dataset.order) {
    old.replaceWith(element);
    return true;
  }
  old?.remove();
  list.insertBefore(element, successor(list, Number(element.dataset.order)));
  return true;
}

/**
 * @param {HTMLElement} list
 * @param {number} order
 * @returns {Element | null} what the element with this order stands before
 */
function successor(list, order) {
  const sign = list.dataset.sort === "desc" ? -1 : 1;
  const after = (child) => child.dataset.order === undefined || sign * Number(child.dataset.order) > sign * order;
  const first = list.firstElementChild;
  const head = first && first.dataset.order === undefined && list.dataset.sort === "asc" ? first : null; // "older" stays on top
  return [...list.children].find((child) => child !== head && after(child)) ?? null;
}
