// Lets the drawing library work where the policy allows no inline style, no inline handler, and nothing to be loaded.

const bounds = (() => {
  const NOTHING = "A diagram loads nothing.";
  // What loads something, however it is spelt: asked of the browser's own words for a style, before it takes effect.
  const LOADS = /url\((?!["']?#)|image-set\(|@import/i;
  const INLINE = /([\s"'/])(style|src\w*|on[a-z]+)(?=\s*=)/gi;

  /** @type {string[]} the sheets of what is being drawn */
  let sheets = [];
  /** @type {SVGSVGElement | null} */
  let drawn = null;

  /** @param {string} css as the browser understands it */
  function check(css) {
    if (LOADS.test(css)) throw new Error(NOTHING);
  }

  // A style attribute is forbidden, and the same through CSSOM is not.
  const { setAttribute } = Element.prototype;
  const scratch = document.createElement("i").style;
  Element.prototype.setAttribute = function (name, value) {
    if (/^on/i.test(name)) return;
    if (name !== "style") return setAttribute.call(this, name, value);
    scratch.cssText = value;
    check(scratch.cssText);
    this.style.cssText = value;
  };

  // So is a <style> element, and a sheet that is adopted is not.
  const { createElement } = Document.prototype;
  Document.prototype.createElement = function (name, options) {
    if (name !== "style") return createElement.call(this, name, options);
    const stand = createElement.call(this, "template");
    for (const property of ["innerHTML", "textContent"]) Object.defineProperty(stand, property, { set: adopt });
    return stand;
  };

  /** @param {string} css */
  function adopt(css) {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    for (const rule of sheet.cssRules) check(rule.cssText);
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
    sheets.push(css);
  }

  // Markup must not have either, even where it is parsed only to be made safe.
  const { parseFromString } = DOMParser.prototype;
  DOMParser.prototype.parseFromString = function (markup, type) {
    return parseFromString.call(this, outlined(markup), type);
  };
  const innerHTML = Object.getOwnPropertyDescriptor(Element.prototype, "innerHTML");
  Object.defineProperty(Element.prototype, "innerHTML", {
    ...innerHTML,
    set(markup) {
      innerHTML.set.call(this, outlined(markup));
      for (const element of this.querySelectorAll("[data-style]")) element.setAttribute("style", element.dataset.style);
    },
  });

  /** @param {unknown} markup */
  function outlined(markup) {
    return String(markup ?? "").replace(INLINE, "$1data-$2");
  }

  // A picture that may not come would be asked for all the same.
  Object.defineProperty(HTMLImageElement.prototype, "src", { set() { throw new Error(NOTHING); } });

  // What it thinks of a source is nothing for the reader's console.
  console.warn = () => {};

  // In the end the library asks for the markup of all that it drew, to make it safe for a page. Ours goes into an image,
  // where nothing can run: it is taken as it is, and nothing is left to parse.
  Object.defineProperty(HTMLDivElement.prototype, "innerHTML", {
    set: Object.getOwnPropertyDescriptor(Element.prototype, "innerHTML").set,
    get() {
      const svg = this.querySelector(":scope > svg");
      if (!svg) return innerHTML.get.call(this);
      drawn = svg;
      return "";
    },
  });

  return Object.freeze({
    /** @returns {{svg: SVGSVGElement | null, css: string}} what was drawn since the last time, and its styles */
    take() {
      const taken = { svg: drawn, css: sheets.join("\n") };
      [drawn, sheets, document.adoptedStyleSheets] = [null, [], []];
      document.body.replaceChildren();
      return taken;
    },
  });
})();
