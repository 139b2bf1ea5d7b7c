// Tells a screen reader that an answer began or ended, once each, and everyone that the connection is gone.

const LOST_AFTER = 2000; // ms: a reconnect faster than this is not worth a word

const announcer = document.getElementById("announcer");
const connection = document.getElementById("connection");
if (announcer) start(announcer);

/** @param {HTMLElement} announcer */
function start(announcer) {
  let running = runningIds();

  document.addEventListener("colloquy:changed", () => {
    const now = runningIds();
    const ended = running.filter((id) => !now.includes(id)).map((id) => document.getElementById(id)?.dataset.status);
    const words = ended.filter(Boolean).map(ending); // what is shown no more is on another branch
    if (now.some((id) => !running.includes(id))) words.push(announcer.dataset.answering);
    if (words.length) say(words.join(". "));
    running = now;
  });

  document.addEventListener("colloquy:announce", (event) => say(event.detail));

  /** @param {string} status */
  function ending(status) {
    if (status === "stopped") return announcer.dataset.stopped;
    if (status === "failed" || status === "interrupted") return announcer.dataset.failed;
    return announcer.dataset.ready;
  }

  /** @param {string} [text] */
  function say(text) {
    announcer.textContent = text ?? "";
  }
}

if (connection) {
  let timer = 0;
  document.addEventListener("colloquy:lost", () => {
    timer ||= setTimeout(() => { connection.textContent = connection.dataset.lost; }, LOST_AFTER);
  });
  document.addEventListener("colloquy:open", () => {
    clearTimeout(timer);
    timer = 0;
    connection.textContent = "";
  });
}

/** @returns {string[]} */
function runningIds() {
  return colloquy.running().map((message) => message.id);
}
