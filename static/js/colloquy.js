// What the scripts share: one formula each. A global, since files with hashed names cannot import each other.

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

  /** @returns {HTMLElement[]} the replies that are being written */
  running() {
    return [...document.querySelectorAll("#messages .is-queued, #messages .is-streaming")];
  },
});

// `changed` says that what is shown may be another: by a frame, or by the whole page asked for again.
document.addEventListener("htmx:wsAfterMessage", () => colloquy.tell("changed"));
