// The palette: a field that finds conversations and commands, and a list in which the arrow keys choose.

const ASK_AFTER = 80; // ms without a further letter

const palette = document.getElementById("palette");
if (palette instanceof HTMLDialogElement) start(palette);

/** @param {HTMLDialogElement} palette */
function start(palette) {
  const field = /** @type {HTMLInputElement} */ (document.getElementById("palette-words"));
  const list = document.getElementById("palette-options");
  const none = palette.querySelector(".palette-none");
  const count = document.getElementById("palette-count");
  let asked = 0;
  let hasMoved = false; // by the reader, since the list is as it is
  let timer = 0;

  document.addEventListener("colloquy:palette", () => {
    field.value = "";
    hasMoved = false;
    palette.showModal();
    field.focus();
    show();
    ask();
  });

  // What is chosen stays in the page until it is done.
  palette.addEventListener("close", () => {
    clearTimeout(timer);
    asked++;
  });

  field.addEventListener("input", () => {
    hasMoved = false;
    show();
    clearTimeout(timer);
    timer = setTimeout(ask, ASK_AFTER);
  });

  field.addEventListener("keydown", (event) => {
    const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.isComposing) return;
    if (move) choose(move);
    else if (event.key === "Enter") chosen()?.click();
    else if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey)) palette.close();
    else return;
    event.preventDefault();
  });

  list.addEventListener("pointermove", ({ target }) => {
    const option = target.closest(".option");
    if (!option || option === chosen()) return;
    hasMoved = true;
    mark(option);
  });

  palette.addEventListener("click", ({ target }) => {
    if (target === palette) palette.close(); // outside the box
    const option = target.closest(".option");
    if (!option) return;
    palette.close();
    if (option.dataset.press) document.getElementById(option.dataset.press)?.click();
    if (option.dataset.focus) document.getElementById(option.dataset.focus)?.select();
  });

  async function ask() {
    const mine = ++asked;
    const { conversation } = document.getElementById("position").dataset;
    const query = new URLSearchParams({ words: field.value, conversation });
    const response = await fetch(`${palette.dataset.url}?${query}`).catch(() => null);
    if (!response?.ok || response.redirected) return; // without an answer the commands are there
    const fresh = await response.text();
    if (mine !== asked) return;
    const marked = hasMoved ? chosen()?.textContent : "";
    htmx.swap(list, fresh, { swapStyle: "innerHTML" }, { contextElement: list });
    show(marked);
  }

  /**
   * Commands are known here; conversations are as the server has found them.
   * @param {string} [marked] what the reader had moved to
   */
  function show(marked) {
    const words = field.value.trim().toLowerCase().split(/\s+/);
    for (const option of list.querySelectorAll("[data-command]")) {
      const name = option.textContent.toLowerCase();
      option.hidden = !words.every((word) => name.includes(word));
    }
    for (const group of list.querySelectorAll("[role='group']")) group.hidden = !group.querySelector(".option:not([hidden])");
    const shown = options();
    shown.forEach((option, place) => { option.id = `option-${place}`; });
    none.hidden = shown.length > 0;
    count.textContent = shown.length > 0 ? "" : count.dataset.none;
    mark(shown.find((option) => option.textContent === marked) ?? shown[0]);
  }

  function options() {
    return [...list.querySelectorAll(".option:not([hidden])")].filter((option) => !option.closest("[role='group'][hidden]"));
  }

  function chosen() {
    return list.querySelector("[aria-selected='true']");
  }

  /** @param {number} step */
  function choose(step) {
    hasMoved = true;
    const shown = options();
    const place = shown.indexOf(chosen()) + step;
    mark(shown.at(place % shown.length));
    chosen()?.scrollIntoView({ block: "nearest" });
  }

  /** @param {HTMLElement} [option] */
  function mark(option) {
    for (const other of list.querySelectorAll(".option")) other.setAttribute("aria-selected", String(other === option));
    if (option) field.setAttribute("aria-activedescendant", option.id);
    else field.removeAttribute("aria-activedescendant");
  }
}
