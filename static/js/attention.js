// Says in the tab, and in a notification if somebody wants that, that an answer is being written or has ended unseen.

const SEEN_WITHIN = 1500; // ms that another tab or device has to show an answer before we notify

const app = document.getElementById("app");
const icon = document.querySelector("link[rel='icon']");
if (app && icon instanceof HTMLLinkElement) start(app, icon);

/**
 * @param {HTMLElement} app
 * @param {HTMLLinkElement} icon
 */
function start(app, icon) {
  const calm = icon.href;
  let title = document.title;
  let isRunning = colloquy.running().length > 0;
  let isReady = false; // an answer ended while nobody looked
  let known = unread();

  draw();
  document.addEventListener("colloquy:title", ({ detail }) => { title = title.replace(/^.*(?= · Colloquy$)/s, () => detail); draw(); });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) { isReady = false; draw(); } });
  document.addEventListener("colloquy:changed", () => {
    const wasRunning = isRunning;
    isRunning = colloquy.running().length > 0;
    if (isRunning) isReady = false;
    else if (wasRunning && document.hidden) isReady = true;
    if (isRunning !== wasRunning) draw();
    hear();
  });

  function draw() {
    const { readyTitle, readyIcon, runningIcon } = icon.dataset;
    const shown = isReady ? `${readyTitle} – ${title}` : title;
    const href = isReady ? readyIcon : isRunning ? runningIcon : calm;
    if (document.title !== shown) document.title = shown;
    if (icon.href !== new URL(href, location.href).href) icon.href = href;
  }

  function hear() {
    const now = unread();
    for (const entry of now) if (!known.has(entry)) setTimeout(() => notify(entry), SEEN_WITHIN);
    known = now;
  }

  /** @param {string} id of an entry of the list */
  function notify(id) {
    const entry = document.getElementById(id);
    const wanted = app.dataset.notify !== undefined && window.Notification?.permission === "granted";
    if (!wanted || !document.hidden || !entry?.matches(".is-unread")) return;
    const link = entry.querySelector(".conversation-link");
    try {
      // One for each conversation, whatever the number of tabs.
      const notification = new Notification(icon.dataset.readyTitle, { body: link.querySelector(".conversation-title").textContent, tag: id, icon: calm });
      notification.addEventListener("click", () => {
        focus();
        if (location.pathname !== link.pathname) location.assign(link.href);
        notification.close();
      });
    } catch { /* browsers of phones allow none to a page: the tab says it */ }
  }
}

function unread() {
  return new Set([...document.querySelectorAll("#conversations > .is-unread")].map((entry) => entry.id));
}
