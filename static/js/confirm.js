// Asks in the page's own dialog whenever htmx would ask in the browser's (hx-confirm).

const dialog = document.getElementById("confirm");

document.addEventListener("htmx:confirm", (event) => {
  const { question, issueRequest } = event.detail;
  if (!question || !(dialog instanceof HTMLDialogElement)) return;
  event.preventDefault();
  document.getElementById("confirm-text").textContent = question;
  dialog.returnValue = "";
  dialog.addEventListener("close", () => { if (dialog.returnValue === "confirm") issueRequest(true); }, { once: true });
  dialog.showModal();
});

dialog?.addEventListener("click", (event) => {
  if (event.target === dialog) dialog.close(); // outside the box
});
