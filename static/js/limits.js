// Says how much room is left in a message, once there is little, and keeps one from being sent that is too long.

const MOST = 200_000; // code points, as in apps/chat/text.py
const NEAR = 180_000;

const form = document.getElementById("composer");
const box = document.getElementById("composer-text");
const limit = document.getElementById("composer-limit");
if (form && box instanceof HTMLTextAreaElement && limit) start(form, box, limit);

/**
 * @param {HTMLElement} form
 * @param {HTMLTextAreaElement} box
 * @param {HTMLElement} limit
 */
function start(form, box, limit) {
  const format = new Intl.NumberFormat(document.documentElement.lang);
  let due = 0;

  look();
  box.addEventListener("input", () => {
    if (box.textLength >= NEAR) due ||= setTimeout(look, 150); // counting takes the whole text
    else if (limit.textContent) look();
  });
  form.addEventListener("submit", (event) => {
    look();
    if (!form.classList.contains("is-too-long")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    box.focus();
  }, { capture: true });

  function look() {
    clearTimeout(due);
    due = 0;
    const left = box.textLength < NEAR ? MOST : MOST - length(box.value);
    const sentence = left < 0 ? form.dataset.tooMany : form.dataset.left;
    const said = left > MOST - NEAR ? "" : sentence.replace("{count}", format.format(Math.abs(left)));
    form.classList.toggle("is-too-long", left < 0);
    document.getElementById("composer-send").disabled = left < 0;
    if (limit.textContent !== said) limit.textContent = said;
  }
}

/**
 * @param {string} text
 * @returns {number} code points
 */
function length(text) {
  let count = 0;
  for (let at = 0; at < text.length; at += text.codePointAt(at) > 0xFFFF ? 2 : 1) count += 1;
  return count;
}
