// Draws the list anew when another day has begun, or when this browser turns out to be elsewhere: its headings are days.

const LOOK_EVERY = 60_000; // ms

const list = document.getElementById("conversations");
if (list) start(list);

/** @param {HTMLElement} list */
function start(list) {
  const { zone, zoneChosen } = document.documentElement.dataset;
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const calendar = colloquy.dateFormat("en-CA", {}, zone);
  let day = calendar.format();

  if (zone && zone !== here && zoneChosen === undefined) draw(); // by now it has been told where we are
  setInterval(look, LOOK_EVERY);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });

  function look() {
    if (calendar.format() === day || list.matches(":has(:focus, :popover-open)")) return;
    day = calendar.format();
    draw();
  }

  function draw() {
    htmx.ajax("GET", list.dataset.url, { target: list, swap: "innerHTML" });
  }
}
