"""Relatives of the corpus: the same rules, met from another side."""

from tests.bad_inputs.expand import Entry

INVISIBLE = {
    "tab and newline": "\t\n\r\n",
    "no-break spaces": "\u00a0\u202f\u2007",
    "ideographic space": "\u3000",
    "Ogham space": "\u1680 ",
    "zero-width joiners": "\u200c\u200d",
    "byte order mark": "\ufeff",
    "direction marks": "\u200e\u200f\u202a\u202c\u2066\u2069\u061c",
    "soft hyphen": "\u00ad",
    "word joiner and invisible plus": "\u2060\u2064",
    "Hangul fillers": "\u115f\u1160\u3164\uffa0",
    "Mongolian vowel separator": "\u180e",
    "blank Braille": "\u2800",
    "grapheme joiner": "\u034f",
    "variation selectors": "\ufe0f\U000e0100",
    "language tag": "\U000e0001\U000e0065",
    "line and paragraph separator": "\u2028\u2029",
    "C1 controls": "\u0085\u0090\u009f",
    "NUL among spaces": " \0 ",
    "only halves": "\ud83d\udbff",
    "nothing": "",
}
VISIBLE = {
    "space around": "  a \n",
    "joined family": "👨\u200d👩\u200d👧",
    "flag of Scotland": "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
    "keycap": "1\ufe0f\u20e3",
    "combining alone": "\u0301",
    "object replacement": "\ufffc",
    "replacement character": "\ufffd",
    "noncharacters": "a\ufffe\uffff\U0001ffff",
    "unassigned": "a\u0378\U000e0fff",
    "line separators inside": "a\u2028b\u2029c\u0085d",
    "vertical tab inside": "a\vb\fc",
    "direction override": "a\u202eb\u202c",
    "delete": "a\x7fb",
    "JSON escapes as text": r"\u0000 \ud83d \n \\",
    "form syntax": "a=b&c=d;e%00%ED%A0%80+%2B",
    "lone ampersand": "&amp;&lt;&#0;&#x110000;",
    "HTML": "</div><script>__pwn(1)</script><div hx-swap-oob='true' id='messages'>",
    "CDATA and comment": "<!-- --> ]]> <![CDATA[",
    "template tags": "{% include 'base.html' %}{{ settings.SECRET_KEY }}{# #}",
    "one character": ".",
    "zero": "0",
}
STRIPPED = {
    "NUL inside": "a\0b",
    "NULs around": "\0a\0",
    "high half at the end": "a\ud83d",
    "low half at the start": "\ude00a",
    "halves the wrong way round": "a\ude00\ud83db",
    "half before a pair": "a\ud83d😀b",
    "half after a pair": "a😀\ude00b",
    "NUL between halves": "a\ud83d\0\ude00b",
    "controls without NUL": "\x01\x1b\x7f",
}
MESSAGES = [
    *(Entry(f"blank: {name}", "reject", text) for name, text in INVISIBLE.items()),
    *(Entry(f"kept: {name}", "accept_verbatim", text) for name, text in VISIBLE.items()),
    *(Entry(f"dropped: {name}", "reject_or_strip", text) for name, text in STRIPPED.items()),
]


def _repeat(unit: str, times: int) -> dict[str, object]:
    return {"gen": "repeat", "unit": unit, "times": times}


SIZES = [
    Entry("one too many", "reject", _repeat("a", 200_001)),
    Entry("astral at the limit", "limit", _repeat("😀", 200_000)),
    Entry("astral, one too many", "reject", _repeat("😀", 200_001)),
    Entry("quotes at the limit", "limit", _repeat('"', 200_000)),
    Entry("ampersands at the limit", "limit", _repeat("&", 200_000)),
    Entry("over the limit with NULs, within it without", "reject_or_strip", _repeat("a\0", 200_000)),
    Entry("spaces at the limit", "reject", _repeat(" ", 200_000)),
    Entry("Hangul fillers at the limit", "reject", _repeat("\u3164", 200_000)),
    Entry("blank but for the end", "limit", {"gen": "concat", "parts": [_repeat("\u200b", 199_999), "a"]}),
    Entry("combining marks", "limit", {"gen": "concat", "parts": ["a", _repeat("\u0301", 199_999)]}),
    Entry("a million and more", "reject", _repeat("word ", 300_000)),
]

FAMILY = "👨\u200d👩\u200d👧"  # one grapheme of five code points
TITLES = [
    Entry("at the limit", "limit", "x" * 200),
    Entry("one too many", "reject", "x" * 201),
    Entry("astral at the limit", "limit", "😀" * 200),
    Entry("astral, one too many", "reject", "😀" * 201),
    Entry("families at the limit", "limit", FAMILY * 40),
    Entry("a family across the limit", "reject", "x" * 198 + FAMILY),
    Entry("at the limit without what is dropped", "reject_or_strip", "x" * 200 + "\0\ud800"),
    Entry("at the limit without the space around", "accept_cleaned", " " * 99 + "x" * 200 + "\n"),
    Entry("tabs and line ends", "accept_cleaned", "a\tb\r\nc\vd\u2028e\u0085f"),
    Entry("no-break spaces", "accept_cleaned", "a\u00a0\u3000b"),
    Entry("zero-width space", "reject_or_default", "\u200b\u2060"),
    Entry("nothing", "reject", ""),
    Entry("none", "reject", None),
    Entry("true", "reject", input=True),
    Entry("zero", "reject", 0),
    Entry("a fraction", "reject", 1.5),
    Entry("a list of nothing", "reject", []),
    Entry("an object of nothing", "reject", {}),
    Entry("two dots", "accept_verbatim", ".."),
    Entry("markup at rest", "inert", "</title><svg/onload=__pwn(1)>"),
    Entry("attribute", "inert", '" autofocus onfocus=__pwn(1) x="'),
    Entry("template", "accept_verbatim", "{{ user.password }}{% debug %}"),
    Entry("format", "accept_verbatim", "%(asctime)s {0.__class__} %s%n"),
]
UPSTREAM_TITLES = [
    "",
    "\n \n\u200b\n",
    '"""',
    "a\0b\ud83d",
    _repeat(FAMILY, 100),
    "Title: <script>__pwn(1)</script>",
    "one\rtwo\u2028three\x1b[2J",
    {"gen": "concat", "parts": ["e", _repeat("\u0301", 5000)]},
    _repeat("word ", 4000),
    _repeat("\n", 5000),
]
