// Tells the server that an answer has been looked at: once it stands on a page that somebody has before them.

const app = document.getElementById("app");
if (app?.dataset.see) start(app.dataset.see);

/** @param {string} address */
function start(address) {
  let told = ""; // the rev that was seen

  look();
  document.addEventListener("colloquy:changed", look);
  document.addEventListener("visibilitychange", look);

  async function look() {
    const { conversation, rev } = document.getElementById("position").dataset;
    if (document.hidden || document.getElementById("shown").dataset.unread === undefined || rev === told) return;
    told = rev;
    const where = address.replace(app.dataset.conversation, conversation); // what was kept for a page that is gone has begun another
    if (!await colloquy.post(where, { rev }, { keepalive: true })) told = "";
  }
}
