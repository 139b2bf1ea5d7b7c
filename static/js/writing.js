// What all boxes for messages have in common: what Enter does, how they grow, and that long text in them stays quick.

const LONG = 20_000; // characters from which a box is as high as it gets

document.addEventListener("keydown", (event) => {
  const textarea = event.target;
  if (!(textarea instanceof HTMLTextAreaElement) || textarea.dataset.writing === undefined) return;
  const composing = event.isComposing || event.keyCode === 229; // 229: Safari ends a composition with this Enter
  if (event.key !== "Enter" || composing || event.altKey) return;
  const enterSends = document.getElementById("composer").dataset.enterSends !== "false";
  const sends = event.ctrlKey || event.metaKey || event.shiftKey !== enterSends;
  if (!sends) return;
  event.preventDefault();
  textarea.form.requestSubmit();
});

document.addEventListener("input", ({ target: textarea }) => {
  if (!(textarea instanceof HTMLTextAreaElement) || textarea.dataset.writing === undefined) return;
  const isLong = textarea.textLength > LONG;
  if (isLong !== textarea.classList.contains("is-long")) settle(textarea, isLong);
  if (!isLong && !CSS.supports("field-sizing", "content")) grow(textarea);
});

/**
 * Finding out which way text runs, and how high it is, takes the whole text at every key.
 * @param {HTMLTextAreaElement} textarea
 * @param {boolean} isLong
 */
function settle(textarea, isLong) {
  textarea.dir = isLong ? getComputedStyle(textarea).direction : "auto";
  textarea.classList.toggle("is-long", isLong);
  if (isLong) textarea.style.blockSize = "";
}

/** @param {HTMLTextAreaElement} textarea */
function grow(textarea) {
  textarea.style.blockSize = "auto";
  textarea.style.blockSize = `${textarea.scrollHeight}px`;
}
