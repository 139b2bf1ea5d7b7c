// Shows another theme at once, as it is in the head of the page that came in answer.

document.addEventListener("htmx:afterRequest", ({ detail: { requestConfig, successful, xhr } }) => {
  if (requestConfig.elt.dataset.themeChoice === undefined || !successful) return;
  const { documentElement: fresh, head } = new DOMParser().parseFromString(xhr.responseText, "text/html");
  if (fresh.dataset.theme) document.documentElement.dataset.theme = fresh.dataset.theme;
  else delete document.documentElement.dataset.theme;
  const colours = "meta[name='color-scheme'], meta[name='theme-color']";
  for (const meta of document.head.querySelectorAll(colours)) meta.remove();
  document.head.append(...head.querySelectorAll(colours));
});
