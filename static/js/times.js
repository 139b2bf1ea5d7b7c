// Tells times in the reader's manner (the server knows their zone), and the days as seen from today, also past midnight.

const DAY = 86_400_000; // ms
const LOOK_EVERY = 60_000; // ms

const messages = document.getElementById("messages");
if (messages) start(messages);

/** @param {HTMLElement} messages */
function start(messages) {
  const { lang } = document.documentElement;
  const manner = navigator.languages.find((language) => language.split("-")[0] === lang.split("-")[0]) ?? lang;
  let formats = formatsOf(messages.dataset.zone);
  let today = "";

  tell();
  document.addEventListener("colloquy:changed", tell);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) turn(); });
  setInterval(turn, LOOK_EVERY);

  function tell() {
    if (formats.zone !== messages.dataset.zone) formats = formatsOf(messages.dataset.zone);
    for (const time of messages.querySelectorAll("time.created-at:not([data-told])")) {
      const date = new Date(time.dateTime);
      time.textContent = formats.clock.format(date);
      time.title = formats.moment.format(date);
      time.dataset.told = "";
    }
    turn();
  }

  /** Another day has begun: what was today is yesterday. */
  function turn() {
    const now = dayOf(Date.now());
    if (now === today) return;
    today = now;
    const yesterday = new Date(Date.parse(today) - DAY).toISOString().slice(0, 10);
    for (const time of messages.querySelectorAll(".day time")) {
      const word = { [today]: messages.dataset.today, [yesterday]: messages.dataset.yesterday }[dayOf(new Date(time.dateTime))];
      if (time.textContent !== (word ?? time.dataset.date)) time.textContent = word ?? time.dataset.date;
    }
  }

  /** @param {Date | number} date */
  function dayOf(date) {
    return formats.calendar.format(date);
  }

  /** @param {string} zone */
  function formatsOf(zone) {
    return {
      zone,
      clock: colloquy.dateFormat(manner, { timeStyle: "short" }, zone),
      moment: colloquy.dateFormat(manner, { dateStyle: "full", timeStyle: "short" }, zone),
      calendar: colloquy.dateFormat("en-CA", { year: "numeric", month: "2-digit", day: "2-digit" }, zone),
    };
  }
}
