// The page's one socket: says where the page stands whenever it connects, and comes back whenever it is lost.

(() => {
  const SIGNED_OUT = 4001, TOO_SLOW = 4013, BAD_REQUEST = 4400, NOT_FOUND = 4404;
  const FIRST_DELAY = 500, LONGEST_DELAY = 8000; // ms; each try waits a random part, so that pages do not come in waves
  const REST = 3000; // ms for a page that could not keep up
  const STEADY_AFTER = 10_000; // ms; a socket that is not open by then never will be
  const NEVER = 2 ** 31 - 1;
  let socket = null; // the one in use
  let wrapper = null;
  let isLost = false; // there is no socket and none is being opened
  let tries = 0;
  let timer = 0;

  // The ws extension asks here for every socket: the position is the page's own at that moment.
  htmx.createWebSocket = (url) => {
    const { conversation, rev, accountRev, draftRev } = document.getElementById("position").dataset;
    const address = new URL(url, location.href);
    const place = { ...(conversation && { conversation }), rev, account_rev: accountRev, draft_rev: draftRev, credit: 1 };
    address.search = new URLSearchParams(place);
    const opened = socket = new WebSocket(address);
    opened.addEventListener("message", ({ data }) => { if (data !== colloquy.HERE) tries = 0; }); // it is said before anything is drawn
    setTimeout(() => {
      if (opened.readyState === WebSocket.CONNECTING) opened.close();
      if (opened.readyState === WebSocket.OPEN) tries = 0;
    }, STEADY_AFTER);
    colloquy.tell("socket", opened);
    return opened;
  };
  htmx.config.wsReconnectDelay = () => NEVER; // the extension knows only some close codes: coming back is ours

  document.addEventListener("htmx:wsOpen", ({ detail }) => {
    wrapper = detail.socketWrapper;
    if (isElsewhere()) return location.reload();
    colloquy.tell("open");
  });

  document.addEventListener("htmx:wsClose", ({ detail }) => {
    const { code, target } = detail.event;
    if (target !== socket) return; // it was given up before
    if (code === SIGNED_OUT) return location.reload();
    if (code === NOT_FOUND || code === BAD_REQUEST) return leave();
    wrapper = detail.socketWrapper;
    isLost = true;
    colloquy.tell("lost");
    const ceiling = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** tries++);
    comeBackIn((code === TOO_SLOW ? REST : 0) + Math.random() * ceiling);
  });

  document.addEventListener("colloquy:dead", () => {
    colloquy.tell("lost");
    wrapper.reconnect();
  });
  addEventListener("online", () => comeBackIn(0));
  document.addEventListener("visibilitychange", () => { if (!document.hidden) comeBackIn(0); });

  /** The page's conversation has begun by another way, while the socket was on its own. */
  function isElsewhere() {
    const shown = /^\/c\/([^/]+)\//.exec(location.pathname)?.[1];
    return shown !== undefined && shown !== new URL(socket.url).searchParams.get("conversation");
  }

  function leave() {
    colloquy.tell("gone");
    location.assign("/");
  }

  function comeBackIn(delay) {
    if (!isLost) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      isLost = false;
      wrapper.reconnect();
    }, delay);
  }
})();
