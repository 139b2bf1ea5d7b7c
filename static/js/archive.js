// Says on the page of the archive why what a button asked for was not done.

const told = document.getElementById("archive-error");

if (told) document.addEventListener("htmx:afterRequest", ({ detail: { xhr, requestConfig } }) => {
  if (requestConfig.verb !== "post") return;
  if (xhr.status === 422) told.textContent = new DOMParser().parseFromString(xhr.responseText, "text/html").body.textContent.trim();
  else told.textContent = xhr.status >= 200 && xhr.status < 400 ? "" : told.dataset.unreached;
});
