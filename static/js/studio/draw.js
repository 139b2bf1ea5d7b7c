// Draws what the page around this frame sends, and answers with an image of it, or with "broken".

(() => {
  const LONGEST_WORDS = 500; // characters
  const MOST_HUES = 12;
  // What a source may not choose for itself.
  const FIXED = ["secure", "securityLevel", "startOnLoad", "maxTextSize", "maxEdges", "suppressErrorRendering", "htmlLabels", "theme", "themeVariables", "themeCSS", "darkMode", "fontFamily", "altFontFamily"];

  addEventListener("message", async ({ data, source }) => {
    if (source === parent) parent.postMessage(await draw(data).catch(() => "broken"), "*");
  });

  /** @param {{source: string, colours: any, isDark: boolean, font: string}} asked */
  async function draw({ source, colours, isDark, font }) {
    mermaid.initialize({
      startOnLoad: false, securityLevel: "strict", suppressErrorRendering: true, secure: FIXED,
      htmlLabels: false, flowchart: { htmlLabels: false }, fontFamily: font,
      theme: "base", darkMode: isDark, themeVariables: themeOf(colours, isDark, font),
      themeCSS: mendedBy(colours),
    });
    bounds.take(); // what one that failed has left
    await mermaid.render("diagram", source);
    const { svg, css } = bounds.take();
    keepLegible(svg, [colours.text, colours.raised]);
    return imageOf(svg, css);
  }

  /**
   * Sources give nodes a colour with one theme in mind: what is written there takes the colour that stands out from it.
   * @param {SVGSVGElement} svg
   * @param {string[]} inks
   */
  function keepLegible(svg, inks) {
    const byLight = inks.toSorted((one, other) => lightOf(one) - lightOf(other));
    for (const shape of svg.querySelectorAll('.node > .label-container[style*="fill:"]')) {
      const ground = lightOf(shape.style.fill);
      const label = shape.parentElement.querySelector(".label");
      if (Number.isNaN(ground) || !label || /fill|color/.test(label.outerHTML.match(/ style="[^"]*"/g)?.join() ?? "")) continue;
      for (const text of label.querySelectorAll("text")) text.style.fill = byLight[ground > 140 ? 0 : 1];
    }
  }

  /**
   * @param {string} colour
   * @returns {number} 0 to 255; no number if it lets something through
   */
  function lightOf(colour) {
    const probe = document.body.appendChild(document.createElement("i"));
    probe.style.color = colour;
    const [red, green, blue, alpha] = getComputedStyle(probe).color.match(/[\d.]+/g).map(Number);
    probe.remove();
    return alpha === undefined ? 0.3 * red + 0.59 * green + 0.11 * blue : NaN;
  }

  /**
   * @param {SVGSVGElement} svg
   * @param {string} css
   * @returns {{svg: string, width: number, height: number, words: string}}
   */
  function imageOf(svg, css) {
    const { width, height } = svg.viewBox.baseVal;
    svg.setAttribute("width", width);
    svg.setAttribute("height", height);
    svg.removeAttribute("style");
    const escaped = css.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
    const image = new XMLSerializer().serializeToString(svg).replace(">", () => `><style>${escaped}</style>`);
    return { svg: image, width, height, words: wordsOf(svg) };
  }

  /** @param {SVGSVGElement} svg */
  function wordsOf(svg) {
    const words = [...svg.querySelectorAll(":scope > title, :scope > desc, text")].map(({ textContent }) => textContent.trim());
    return words.filter(Boolean).join(", ").slice(0, LONGEST_WORDS);
  }

  /**
   * @param {any} colours those of the page
   * @param {boolean} isDark
   * @param {string} font
   */
  function themeOf({ raised, tint, text, muted, accent, danger, warning, hues, ...colours }, isDark, font) {
    const [strong, soft, note] = [colours["border-strong"], colours["accent-soft"], colours["warning-soft"]];
    return {
      darkMode: isDark, fontFamily: font, fontSize: "14px",
      background: raised, textColor: text, titleColor: text, lineColor: muted,
      primaryColor: soft, primaryTextColor: text, primaryBorderColor: accent,
      secondaryColor: tint, secondaryTextColor: text, secondaryBorderColor: strong,
      tertiaryColor: tint, tertiaryTextColor: text, tertiaryBorderColor: strong,
      clusterBkg: tint, clusterBorder: strong, edgeLabelBackground: raised,
      actorLineColor: strong, labelBoxBorderColor: strong, activationBkgColor: tint, activationBorderColor: strong, sequenceNumberColor: raised,
      noteBkgColor: note, noteTextColor: text, noteBorderColor: warning,
      critBkgColor: note, critBorderColor: danger, doneTaskBkgColor: tint, doneTaskBorderColor: strong,
      pieOpacity: 1, pieSectionTextColor: raised, pieStrokeColor: raised, pieOuterStrokeColor: strong,
      ...numbered("pie", hues, 1), ...numbered("cScale", hues), ...numbered("git", hues),
      ...numbered("cScaleLabel", hues.map(() => raised)), ...numbered("gitBranchLabel", hues.map(() => raised)),
      xyChart: { backgroundColor: raised, titleColor: text, plotColorPalette: hues.join(","), ...axis("x", text, strong), ...axis("y", text, strong) },
      radar: { axisColor: strong, graticuleColor: strong, graticuleOpacity: 0.15 },
      errorBkgColor: raised, errorTextColor: danger,
    };
  }

  /**
   * Lines of a timeline would have the colour of labels, some labels of a mind map would begin in the middle of their node,
   * and what C4 says of relations is dark on any ground.
   * @param {any} colours
   */
  function mendedBy({ muted, text }) {
    return `[fill="#444444"] { fill: ${text}; } [stroke="#444444"] { stroke: ${muted}; } .lineWrapper line { stroke: ${muted} !important; } .mindmap-node .label[transform^="translate(0,"] text { text-anchor: middle; }`;
  }

  /**
   * @param {string} name
   * @param {string} text
   * @param {string} line
   */
  function axis(name, text, line) {
    return { [`${name}AxisLabelColor`]: text, [`${name}AxisTitleColor`]: text, [`${name}AxisTickColor`]: line, [`${name}AxisLineColor`]: line };
  }

  /**
   * @param {string} name
   * @param {string[]} values repeated until every number that the library asks for has one
   * @param {number} [first]
   */
  function numbered(name, values, first = 0) {
    return Object.fromEntries(Array.from({ length: MOST_HUES }, (_, place) => [`${name}${place + first}`, values[place % values.length]]));
  }

  parent.postMessage("ready", "*");
})();
