// Arrow up in the empty box: the last message again, to be put in other words. One that waits comes before one that was sent.

document.addEventListener("keydown", (event) => {
  const box = event.target;
  if (!(box instanceof HTMLTextAreaElement) || box.id !== "composer-text" || box.value) return;
  if (event.key !== "ArrowUp" || event.isComposing || event.shiftKey || event.ctrlKey || event.metaKey || event.altKey) return;
  const waiting = [...document.querySelectorAll("#queue-list summary")].at(-1);
  const sent = [...document.querySelectorAll("#messages > .message-user [data-edit]")].at(-1);
  const opener = waiting ?? sent;
  if (!opener) return;
  event.preventDefault();
  opener.click();
  opener.closest(".queued, .message").scrollIntoView({ block: "nearest" });
});
