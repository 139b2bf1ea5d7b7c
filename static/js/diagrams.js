// Shows diagrams as pictures, once they come near; their sources stay at hand. All of it lives in shadow trees, so that
// the transcript itself is what the server sent: nothing that draws a message anew finds any of it, or takes it away.

const LONGEST = 20_000; // characters of a source: what is longer takes too long to lay out
const LARGEST = 2_000_000; // characters of a picture
const MOST_KEPT = 100; // pictures
const EARLY = "800px 0px"; // before they come into view
const SMALLEST = 0.6; // of a picture's own size: one that is wider scrolls
const COLOURS = ["raised", "tint", "border", "border-strong", "text", "muted", "accent", "accent-soft", "danger", "warning", "warning-soft"];
const HUES = ["--color-accent", "--code-type", "--code-number", "--code-name", "--code-keyword"]; // that tell things apart

/** @typedef {{url: string, width: number, height: number, words: string, isDark: boolean}} Picture */
/** @typedef {Picture | "tooLong" | "broken"} Outcome */
/** @typedef {{diagram: HTMLElement, picture: HTMLImageElement, note: HTMLElement, sources: HTMLElement[], button: HTMLButtonElement}} Parts */
/** @typedef {{parts: Parts, source: string, shown: string, outcome: Outcome | null}} View `shown`: by which name it is known */

const messages = document.getElementById("messages");
const [template, toolsTemplate] = ["diagram-template", "diagram-tools-template"].map((id) => document.getElementById(id));
const dark = matchMedia("(prefers-color-scheme: dark)");
if (messages && template && toolsTemplate) start(messages);

/** @param {HTMLElement} messages */
function start(messages) {
  /** @type {WeakMap<Element, View>} */
  const views = new WeakMap();
  /** @type {Map<string, Outcome>} by source and colours */
  const known = new Map();

  const near = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) if (isIntersecting) draw(target);
  }, { rootMargin: EARLY });

  lookInto(messages);
  new MutationObserver((records) => {
    for (const { target, addedNodes } of records) {
      for (const node of addedNodes) if (node instanceof Element) lookInto(node);
      const host = (target instanceof Element ? target : target.parentElement)?.closest(".diagram");
      if (host) lookInto(host);
    }
  }).observe(messages, { childList: true, characterData: true, subtree: true });
  dark.addEventListener("change", () => lookInto(messages));
  new MutationObserver(() => lookInto(messages)).observe(document.documentElement, { attributeFilter: ["data-theme"] });

  /** @param {Element} element */
  function lookInto(element) {
    const found = element.matches(".diagram") ? [element] : element.querySelectorAll(".diagram");
    for (const host of found) if (!host.closest(".tail")) look(host); // what is still being written comes anew at every step
  }

  /** @param {Element} host whose picture is shown at once if it is known, and else when it comes near */
  function look(host) {
    const view = views.get(host);
    const [source, name] = [host.textContent, nameOf(host)];
    near.unobserve(host);
    if (view?.shown === name) return;
    if (view && view.source !== source) show(host, "", null);
    if (known.has(name)) show(host, name, known.get(name));
    else near.observe(host);
  }

  /** @param {Element} host */
  async function draw(host) {
    const [source, name] = [host.textContent, nameOf(host)];
    near.unobserve(host);
    const isWanted = () => host.isConnected && nameOf(host) === name;
    const outcome = known.get(name) ?? await outcomeOf(source, isWanted);
    if (outcome) keep(name, outcome);
    if (isWanted() && outcome) show(host, name, outcome);
  }

  /**
   * @param {string} name
   * @param {Outcome} outcome
   */
  function keep(name, outcome) {
    known.set(name, outcome);
    if (known.size > MOST_KEPT) known.delete(known.keys().next().value);
  }

  /**
   * @param {Element} host
   * @param {string} shown
   * @param {Outcome | null} outcome
   */
  function show(host, shown, outcome) {
    const parts = views.get(host)?.parts ?? partsOf(host);
    views.set(host, { parts, source: host.textContent, shown, outcome });
    colloquy.tell("moving");
    fill(parts, outcome);
    colloquy.tell("moved");
  }
}

/**
 * @param {string} source
 * @param {() => boolean} isWanted
 * @returns {Promise<Outcome | undefined>} undefined if nobody could try
 */
async function outcomeOf(source, isWanted) {
  if (source.length > LONGEST) return "tooLong";
  const asked = { source, colours: colours(), isDark: isDark(), font: getComputedStyle(document.body).fontFamily };
  const drawn = await studio.draw(asked, isWanted);
  if (drawn === undefined) return undefined;
  const picture = pictureOf(drawn, asked.isDark);
  return await isSound(picture) ? picture : "broken";
}

/**
 * @param {any} drawn by somebody whom nobody trusts: nothing runs in an image, and it loads nothing
 * @param {boolean} isDark
 * @returns {Picture | null}
 */
function pictureOf(drawn, isDark) {
  const { svg, width, height, words } = drawn ?? {};
  if (typeof svg !== "string" || svg.length > LARGEST || !(width >= 1 && height >= 1)) return null;
  return { url: `data:image/svg+xml,${encodeURIComponent(svg)}`, width: Math.ceil(width), height: Math.ceil(height), words: String(words), isDark };
}

/**
 * @param {Picture | null} picture
 * @returns {Promise<boolean>} whether it can be shown, at once
 */
async function isSound(picture) {
  if (!picture) return false;
  const image = new Image();
  image.src = picture.url;
  return image.decode().then(() => true, () => false);
}

/**
 * @param {Element} host
 * @returns {Parts}
 */
function partsOf(host) {
  const root = shadowOf(host, template);
  const tools = shadowOf(host.closest("figure").querySelector(".diagram-tools"), toolsTemplate);
  const [diagram, picture, note] = ["diagram", "picture", "note"].map((part) => root.querySelector(`[part=${part}]`));
  const button = tools.querySelector("button");
  const parts = { diagram, picture, note, button, sources: [root, tools].map((tree) => tree.querySelector("slot")) };
  button.addEventListener("click", () => {
    colloquy.tell("moving");
    choose(parts, button.ariaPressed !== "true");
    colloquy.tell("moved");
  });
  return parts;
}

/**
 * @param {Element} element
 * @param {HTMLTemplateElement} template
 * @returns {ShadowRoot}
 */
function shadowOf(element, template) {
  const root = element.shadowRoot ?? element.attachShadow({ mode: "open" });
  root.replaceChildren(template.content.cloneNode(true));
  return root;
}

/**
 * @param {Parts} parts
 * @param {Outcome | null} outcome
 */
function fill(parts, outcome) {
  const { picture, note, button } = parts;
  const isDrawn = outcome !== null && typeof outcome === "object";
  note.textContent = typeof outcome === "string" ? note.dataset[outcome] : "";
  note.hidden = !note.textContent;
  if (isDrawn) {
    picture.src = outcome.url;
    picture.alt = outcome.words;
    picture.width = outcome.width;
    picture.height = outcome.height;
    picture.style.setProperty("--smallest", `${outcome.width * SMALLEST}px`);
    picture.part.toggle("dark", outcome.isDark);
  }
  button.hidden = !isDrawn;
  choose(parts, !isDrawn || button.ariaPressed === "true");
  if (!isDrawn) button.ariaPressed = "false";
}

/**
 * @param {Parts} parts
 * @param {boolean} isSource
 */
function choose({ diagram, sources, button }, isSource) {
  diagram.hidden = isSource;
  for (const source of sources) source.hidden = !isSource;
  button.ariaPressed = String(isSource);
}

/** @param {Element} host */
function nameOf(host) {
  return JSON.stringify([colours(), host.textContent]);
}

/** @returns {Record<string, string | string[]>} those of this page, now */
function colours() {
  const style = getComputedStyle(document.documentElement);
  const named = COLOURS.map((name) => [name, hex(style, `--color-${name}`)]);
  return { ...Object.fromEntries(named), hues: HUES.map((name) => hex(style, name)) };
}

/**
 * @param {CSSStyleDeclaration} style
 * @param {string} name of a colour that tokens.css has typed: it reads rgb(1, 2, 3)
 */
function hex(style, name) {
  const parts = style.getPropertyValue(name).match(/\d+/g) ?? [];
  return `#${parts.slice(0, 3).map((part) => Number(part).toString(16).padStart(2, "0")).join("")}`;
}

function isDark() {
  return (document.documentElement.dataset.theme ?? (dark.matches ? "dark" : "light")) === "dark";
}
