// What the scripts share: one formula each. A global, since files with hashed names cannot import each other.

const REMEMBERED_FOR = 365 * 86_400; // seconds

const colloquy = Object.freeze({
  HERE: "<!--here-->", MORE: "+", LAST: "=", // as in apps/web/pump.py

  /**
   * Tell whoever listens on this page.
   * @param {string} name
   * @param {unknown} [detail]
   */
  tell(name, detail) {
    document.dispatchEvent(new CustomEvent(`colloquy:${name}`, { detail }));
  },

  /** @returns {string} 32 random hexadecimal digits */
  newKey() {
    return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  },

  /**
   * A command as a plain request, answered by a fragment.
   * @param {string} url
   * @param {Record<string, string>} values
   * @param {RequestInit} [options]
   * @returns {Promise<Response | null>} nothing if the server was not reached
   */
  post(url, values, options) {
    const headers = { ...JSON.parse(document.body.getAttribute("hx-headers")), "HX-Request": "true" };
    return fetch(url, { method: "POST", headers, body: new URLSearchParams(values), ...options }).catch(() => null);
  },

  /**
   * Remember in this browser what the server draws pages by.
   * @param {string} name
   * @param {string} value nothing to forget it
   */
  remember(name, value) {
    const secure = location.protocol === "https:" ? "; secure" : "";
    document.cookie = `${name}=${encodeURIComponent(value)}; path=/; max-age=${value ? REMEMBERED_FOR : 0}; samesite=lax${secure}`;
  },

  /**
   * @param {string} language
   * @param {Intl.DateTimeFormatOptions} options
   * @param {string} [timeZone]
   */
  dateFormat(language, options, timeZone) {
    try {
      return new Intl.DateTimeFormat(language, { ...options, timeZone });
    } catch {
      return new Intl.DateTimeFormat(language, options); // a zone that this browser does not know
    }
  },

  /** @param {Element} element whether the reader has selected something of it */
  isSelected(element) {
    const selection = getSelection();
    return Boolean(selection && !selection.isCollapsed && selection.rangeCount && selection.getRangeAt(0).intersectsNode(element));
  },

  /** @returns {HTMLElement[]} the replies that are being written */
  running() {
    return [...document.querySelectorAll("#messages .is-queued, #messages .is-streaming")];
  },
});

// `changed` says that what is shown may be another: by a frame, by an answer, or by the whole page asked for again.
document.addEventListener("htmx:wsAfterMessage", () => colloquy.tell("changed"));
document.addEventListener("htmx:afterOnLoad", () => colloquy.tell("changed"));
