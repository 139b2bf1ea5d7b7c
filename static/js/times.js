// Shows times in the reader's zone and manner; the server writes them in its own.

const format = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });

localise();
document.addEventListener("colloquy:changed", localise);
document.addEventListener("htmx:afterSwap", localise);

function localise() {
  for (const time of document.querySelectorAll("time[datetime]:not([data-local])")) {
    time.textContent = format.format(new Date(time.dateTime));
    time.dataset.local = "";
  }
}
