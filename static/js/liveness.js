// Notices a connection that is dead although nobody said so: after sleep, a change of network, a long silence.

(() => {
  const ANSWER_WITHIN = 5000, LOOK_EVERY = 5000, SLEPT_AFTER = 15_000, SILENT_AFTER = 20_000; // ms
  let socket = null;
  let answers = false;
  let heardAt = 0;
  let lookedAt = Date.now();
  let timer = 0; // set while an answer is waited for

  document.addEventListener("colloquy:socket", ({ detail }) => {
    socket = detail;
    answers = false;
    hear();
    socket.addEventListener("message", ({ target, data }) => {
      if (target !== socket) return;
      answers ||= data === colloquy.HERE;
      hear();
    });
  });

  addEventListener("online", ask);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) ask(); });
  document.addEventListener("htmx:wsAfterSend", ask); // on a dead connection it would be lost
  setInterval(() => {
    const now = Date.now();
    const slept = now - lookedAt > SLEPT_AFTER;
    lookedAt = now;
    if (slept || (!document.hidden && now - heardAt > SILENT_AFTER)) ask();
  }, LOOK_EVERY);

  function ask() {
    if (!answers || timer || socket.readyState !== WebSocket.OPEN) return;
    socket.send(JSON.stringify({ command: "ping" }));
    timer = setTimeout(() => {
      timer = 0;
      colloquy.tell("dead");
    }, ANSWER_WITHIN);
  }

  function hear() {
    heardAt = Date.now();
    clearTimeout(timer);
    timer = 0;
  }
})();
