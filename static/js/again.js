// A page that could not be loaded: loads itself as soon as the server is there.

const LOOK_EVERY = 4000; // ms

addEventListener("online", look);
document.addEventListener("visibilitychange", look);
setInterval(look, LOOK_EVERY);

async function look() {
  if (document.hidden) return;
  const answer = await fetch("/worker.js", { method: "HEAD", cache: "no-store" }).catch(() => null);
  if (answer?.ok) location.reload();
}
