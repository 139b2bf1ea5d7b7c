// Has diagrams drawn apart from the page, one at a time: a frame without any rights is sent a source and returns a picture.

const studio = (() => {
  const LOADED_WITHIN = 60_000, DRAWN_WITHIN = 10_000; // ms
  const KEPT_FOR = 60_000; // ms without work: it holds some fifty megabytes

  const template = document.getElementById("studio-template");
  /** @type {{request: object, isWanted: () => boolean, done: (answer: unknown) => void}[]} */
  const orders = [];
  /** @type {HTMLIFrameElement | null} */
  let frame = null;
  let isBusy = false;
  let closing = 0;
  let hear = () => {};

  addEventListener("message", ({ data, source }) => {
    if (frame && source === frame.contentWindow) hear(data);
  });

  async function work() {
    isBusy = true;
    clearTimeout(closing);
    // The newest first: it is what the reader looks at now.
    for (let order = orders.pop(); order; order = orders.pop()) order.done(order.isWanted() ? await drawn(order.request) : undefined);
    isBusy = false;
    closing = setTimeout(close, KEPT_FOR);
  }

  /**
   * @param {object} request
   * @returns {Promise<unknown>}
   */
  async function drawn(request) {
    if (!frame && !await open()) return undefined;
    const answer = said(DRAWN_WITHIN, null);
    frame.contentWindow.postMessage(request, "*"); // it has no origin that could be named
    const drawing = await answer;
    if (drawing === null) close(); // it hangs: the next one gets another
    return drawing;
  }

  /** @returns {Promise<boolean>} whether it can draw now */
  async function open() {
    frame = template.content.firstElementChild.cloneNode(true);
    const ready = said(LOADED_WITHIN, "");
    document.body.append(frame);
    if (await ready === "ready") return true;
    close();
    return false;
  }

  function close() {
    frame?.remove();
    frame = null;
  }

  /**
   * @param {number} within ms
   * @param {unknown} otherwise
   * @returns {Promise<unknown>} what the frame says next
   */
  function said(within, otherwise) {
    return new Promise((resolve) => {
      const tooLate = setTimeout(() => hear(otherwise), within);
      hear = (data) => {
        clearTimeout(tooLate);
        resolve(data);
      };
    });
  }

  return Object.freeze({
    /**
     * @param {object} request
     * @param {() => boolean} isWanted asked when its turn has come
     * @returns {Promise<unknown>} undefined if nobody has tried, null if it took too long
     */
    draw(request, isWanted) {
      return new Promise((done) => {
        orders.push({ request, isWanted, done });
        if (!isBusy) work();
      });
    },
  });
})();
