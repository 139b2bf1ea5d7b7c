"""Asks axe-core what on a page keeps people out, by day and by night, at a desk and on a phone."""

from pathlib import Path

from playwright.sync_api import Page

SOURCE = (Path(__file__).parent / "vendor" / "axe" / "axe.min.js").read_text()
DESK, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
EVERYTHING = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "rules": {"target-size": {"enabled": True}},
    "resultTypes": ["violations"],
}
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
LOOKS = (  # in the dark, nothing differs but colours
    ("desk, light", DESK, "light", EVERYTHING),
    ("desk, dark", DESK, "dark", COLOURS),
    ("phone, dark", PHONE, "dark", COLOURS),
    ("phone, light", PHONE, "light", EVERYTHING),
)
RUN = """
async (options) => {
  const frame = () => new Promise(requestAnimationFrame);
  const isFinite = ({ effect }) => effect.getComputedTiming().endTime !== Infinity;
  for (let still = 0; still < 5; still += 1) {  // what inherits a colour follows a frame later
    await frame();
    const moving = document.getAnimations().filter(isFinite);
    if (moving.length > 0) still = 0;
    await Promise.allSettled(moving.map(({ finished }) => finished));
  }
  const readable = { exclude: [["th:has(> math:only-child)"]] };  // axe reads no MathML
  const { violations } = await axe.run(readable, options);
  const say = (id, { target, failureSummary }) => `${id}: ${target} ${failureSummary}`;
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => say(id, node)));
}
"""


def violations(page: Page) -> list[str]:
    """What axe finds in the state that the page is in; the page is left as a phone's, in light."""
    found = []
    page.evaluate(f"() => {{ {SOURCE} }}")
    for name, size, scheme, options in LOOKS:
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        found += [f"{name}: {violation}" for violation in page.evaluate(RUN, options)]
    return found
