// Has the browser keep the page that is shown where none can be loaded: by static/root/worker.js.

const script = document.querySelector("script[data-worker]");
if (script instanceof HTMLElement && navigator.serviceWorker) {
  if (document.readyState === "complete") register(script);
  else addEventListener("load", () => register(script)); // what is shown comes first
}

/** @param {HTMLElement} script */
function register(script) {
  navigator.serviceWorker.register(script.dataset.worker).catch(() => {}); // storage forbidden: the browser has a page, too
}
