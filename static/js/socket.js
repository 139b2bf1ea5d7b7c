// The page's one socket: says where the page stands whenever it connects, and comes back whenever it is lost.

(() => {
  const SIGNED_OUT = 4001, RESTART = 4012, BAD_REQUEST = 4400, NOT_FOUND = 4404;
  const FIRST_DELAY = 500, LONGEST_DELAY = 8000; // ms; each try waits a random part, so that pages do not come in waves
  const NEVER = 2 ** 31 - 1;
  let lostWrapper = null; // set while there is no socket and none is being opened
  let tries = 0;
  let timer = 0;

  // The ws extension asks here for every socket: the position is the page's own at that moment.
  htmx.createWebSocket = (url) => {
    const { conversation, rev, accountRev } = document.getElementById("position").dataset;
    const address = new URL(url, location.href);
    address.search = new URLSearchParams({ ...(conversation && { conversation }), rev, account_rev: accountRev });
    return new WebSocket(address);
  };
  htmx.config.wsReconnectDelay = () => NEVER; // the extension knows only some close codes: coming back is ours

  document.addEventListener("htmx:wsOpen", () => {
    tries = 0;
    tell("colloquy:open");
  });

  document.addEventListener("htmx:wsClose", ({ detail }) => {
    const { code } = detail.event;
    if (code === SIGNED_OUT) return location.reload();
    if (code === NOT_FOUND || code === BAD_REQUEST) return location.assign("/");
    lostWrapper = detail.socketWrapper;
    tell("colloquy:lost");
    const ceiling = code === RESTART ? FIRST_DELAY : Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** tries++);
    comeBackIn(Math.random() * ceiling);
  });

  addEventListener("online", () => comeBackIn(0));
  document.addEventListener("visibilitychange", () => { if (!document.hidden) comeBackIn(0); });

  function comeBackIn(delay) {
    if (!lostWrapper) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      const wrapper = lostWrapper;
      lostWrapper = null;
      wrapper.reconnect();
    }, delay);
  }

  function tell(name) {
    document.dispatchEvent(new CustomEvent(name));
  }
})();
