// The model and the instructions of a conversation: what is chosen here is stored at once and shown on every page.

const chosen = document.getElementById("chosen");
if (chosen) start();

function start() {
  const picker = /** @type {HTMLSelectElement | null} */ (document.getElementById("model-picker"));
  const popover = document.getElementById("instructions");
  const form = /** @type {HTMLFormElement} */ (document.getElementById("instructions-form"));
  const text = /** @type {HTMLTextAreaElement} */ (document.getElementById("instructions-text"));
  const button = document.getElementById("instructions-button");
  const conversation = /** @type {HTMLInputElement} */ (document.querySelector("#composer [name=conversation]"));
  let hasBegun = !text.hasAttribute("form");

  mark();
  document.addEventListener("colloquy:changed", show);
  document.addEventListener("colloquy:conversation", begin);
  text.addEventListener("input", mark);

  picker?.addEventListener("change", async () => {
    if (!hasBegun) return;
    const response = await post("use", { model: picker.value });
    if (response?.ok) return;
    picker.value = document.getElementById("chosen").dataset.model;
    document.getElementById("composer-error").textContent = document.getElementById("composer").dataset.unreached;
  });

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const response = await post("instruct", { instructions: text.value });
    const error = form.querySelector(".instructions-error");
    if (response?.ok) {
      text.defaultValue = text.value;
      error.textContent = "";
      popover.hidePopover();
    } else if (response?.status === 422) {
      error.textContent = new DOMParser().parseFromString(await response.text(), "text/html").body.textContent.trim();
    } else {
      error.textContent = form.dataset.unreached;
    }
    mark();
  });

  popover.addEventListener("toggle", ({ newState }) => {
    if (newState === "open") text.focus();
    else if (hasBegun) text.value = text.defaultValue; // as Cancel says
    mark();
  });

  /** What another page has chosen; but what is being written here stays. */
  function show() {
    const { model, instructions } = document.getElementById("chosen").dataset;
    if (!hasBegun) return;
    if (picker && document.activeElement !== picker) picker.value = model;
    if (text.value === text.defaultValue) text.value = instructions;
    text.defaultValue = instructions;
    mark();
  }

  /** The page's conversation is stored now, and so is what was chosen for it. */
  function begin() {
    hasBegun = true;
    text.defaultValue = text.value;
    text.removeAttribute("form");
    for (const one of form.querySelectorAll(".dialog-buttons .button")) one.hidden = !one.hidden;
  }

  /**
   * @param {string} name
   * @param {Record<string, string>} values
   */
  function post(name, values) {
    return colloquy.post(`/c/${conversation.value}/${name}/`, values);
  }

  function mark() {
    button.classList.toggle("is-on", (hasBegun ? text.defaultValue : text.value).trim() !== "");
  }
}
