// Joins frames that came in parts, and acknowledges what has come: the server sends a page that lags no more.

(() => {
  const { HERE, MORE, LAST } = colloquy;
  const ACKNOWLEDGE_AT = 32, TEXT_PER_FRAME = 2048; // frames; and how much text counts as one more

  document.addEventListener("colloquy:socket", ({ detail: socket }) => {
    let frames = 0; // received on this socket
    let owed = 0; // how much has come since the last acknowledgement
    let isWanted = false;
    let parts = "";
    let joined = null;

    socket.addEventListener("message", (event) => {
      if (event === joined) return;
      const { data } = event;
      frames += 1;
      owed += 1 + data.length / TEXT_PER_FRAME;
      isWanted ||= data === HERE;
      if (isWanted && owed >= ACKNOWLEDGE_AT) {
        owed = 0;
        socket.send(JSON.stringify({ command: "ack", frames }));
      }
      if (data.startsWith(MORE)) {
        parts += data.slice(MORE.length);
        event.stopImmediatePropagation();
      } else if (data.startsWith(LAST)) {
        joined = new MessageEvent("message", { data: parts + data.slice(LAST.length) });
        parts = "";
        event.stopImmediatePropagation();
        socket.dispatchEvent(joined);
      }
    });
  });
})();
