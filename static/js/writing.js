// What all boxes for messages have in common: Enter sends, Shift and Enter break the line, and the box grows with its text.

document.addEventListener("keydown", (event) => {
  const textarea = event.target;
  if (!(textarea instanceof HTMLTextAreaElement) || textarea.dataset.writing === undefined) return;
  const composing = event.isComposing || event.keyCode === 229; // 229: Safari ends a composition with this Enter
  if (event.key !== "Enter" || event.shiftKey || composing) return;
  event.preventDefault();
  textarea.form.requestSubmit();
});

if (!CSS.supports("field-sizing", "content")) {
  document.addEventListener("input", ({ target: textarea }) => {
    if (!(textarea instanceof HTMLTextAreaElement) || textarea.dataset.writing === undefined) return;
    textarea.style.blockSize = "auto";
    textarea.style.blockSize = `${textarea.scrollHeight}px`;
  });
}
