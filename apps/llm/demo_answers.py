"""What the demo model says."""

import re
from itertools import islice

WORDS_A_SENTENCE = 10
SENTENCES_A_PARAGRAPH = 5
TITLE_WORDS = 6
TOPIC_WORDS = 5
MAX_WORD = 24  # characters of a question's word that are repeated

FILLER = frozenset(
    """
    a about am an and are as at be by can could did do does explain for from give going have hello help hey
    hi how i in is it its know like make me my need of on or our please should show so some tell thanks that
    the their them then there they this to us want was we were what when where which who why will with would
    write you your
    """.split()  # noqa: SIM905 (a list of eighty quoted words is harder to read)
)
OPENING = re.compile(
    r"^((please|hello|hi|hey|can|could|would|will|you|how|do|does|i|we|what|is|are|the|a|an|tell|me|about|"
    r"explain|write|give|show|help|to|want|need|know)\b[\s,!.]*)+",
    re.IGNORECASE,
)
GREETING = re.compile(r"^\W*(hello|hi|hey|good (morning|afternoon|evening)|greetings)\b", re.IGNORECASE)
ABOUT = re.compile(r"\bcolloquy\b|\bwho are you\b|\bwhat are you\b|\bwhat is this\b", re.IGNORECASE)
CONNECT = re.compile(
    r"\b(connect|api[ _]?key|openai\w*|ollama|vllm|llama\.?cpp|base[ _]url|real model|other model|gpt\S*)\b",
    re.IGNORECASE,
)
HELP_WANTED = re.compile(r"^(/\w+|\W*(help|commands?|what can (you|i) do)\b)", re.IGNORECASE)

HELP = """\
## What the demo model can do

Ask it anything: it answers in Markdown, at a human pace, without a key and without a network. \
These commands show how Colloquy waits, fails and recovers:

| Command | What happens |
| --- | --- |
| `/help` | this list |
| `/long 500` | a reply of exactly 500 words |
| `/slow 3` | a wait of 3 seconds before each word |
| `/error rate_limited` | the reply fails at once; any other error code works too |
| `/error unavailable 20` | it fails after 20 words |
| `/cut 20` | the stream ends after 20 words, without a finish |
| `/silent` | nothing at all, until you stop it |

Good things to try while a long reply runs: **reload** the page, open it in a **second tab**, press **Stop** \
and then **Continue**.
"""

CONNECTING = """\
## Connect a model

Colloquy speaks the OpenAI protocol. Put the settings into the environment or into the file `.env`, then \
start Colloquy again:

```ini
OPENAI_API_KEY=sk-...
OPENAI_MODELS=gpt-4o-mini
```

For any other server set `OPENAI_BASE_URL` too:

| Server | `OPENAI_BASE_URL` | `OPENAI_MODELS` |
| --- | --- | --- |
| Ollama | `http://localhost:11434/v1` | `llama3.2` |
| vLLM | `http://localhost:8000/v1` | the name given to `vllm serve` |
| llama.cpp | `http://localhost:8080/v1` | any name |

1. A server of your own needs no key: leave `OPENAI_API_KEY` empty.
2. Mind the `/v1` at the end of the address.
3. As soon as a key or an address is set, the demo model steps aside.
"""

ABOUT_COLLOQUY = """\
## What Colloquy is

Colloquy is a place to talk with language models, and **no word of a reply gets lost**:

- a reply is *stored before it is shown*, so a reload, a second tab or another device sees the same text;
- it goes on when you close the page, and it survives a restart of the server;
- you can **stop**, **continue**, **regenerate** and **edit**; nothing is overwritten.

I am its demo model. I know little, but I need no key and no network. Ask me how to *connect a model*, \
or say `/help` for what I can do.
"""

GREETING_ANSWER = """\
# Hello!

I am the **demo model** of Colloquy. I am no great thinker, but I show what a reply can look like.

## Try this

1. Ask me *what Colloquy is*.
2. Ask how to *connect a model* of your own.
3. Say `/help` for commands that wait, fail and recover.

| Reply | Words | Time |
| --- | ---: | ---: |
| short | 40 | 1 s |
| `/long 400` | 400 | 10 s |

```python
def greet(name: str) -> str:
    return f"Hello, {name}!"
```

And some mathematics: Euler found that $e^{i\\pi} + 1 = 0$, and Gauss that

$$\\int_{-\\infty}^{\\infty} e^{-x^2}\\,dx = \\sqrt{\\pi}$$

What would you like to talk about?
"""


def answer(question: str) -> str:
    """An answer in Markdown; it repeats words of the question, but no markup."""
    if HELP_WANTED.search(question):
        return HELP
    if CONNECT.search(question):
        return CONNECTING
    if ABOUT.search(question):
        return ABOUT_COLLOQUY
    topics = _topics(question)
    if GREETING.search(question) or not topics:
        return GREETING_ANSWER
    return _answer_about(topics)


def title(question: str) -> str:
    """A short title out of the question's own words."""
    line = " ".join(re.findall(r"[\w'\u2019+#./-]+", question[:1000]))
    words = (OPENING.sub("", line) or line).split()[:TITLE_WORDS]
    short = " ".join(word[:MAX_WORD] for word in words).strip(" .-/")
    return short[:1].upper() + short[1:] if short else "New conversation"


def long(count: int) -> str:
    """Exactly `count` words, in numbered sentences of ten and paragraphs of five."""
    sentences = [
        f"Line {number}: the tide comes in, the tide goes out."
        for number in range(1, count // WORDS_A_SENTENCE + 2)
    ]
    paragraphs = [
        " ".join(sentences[start : start + SENTENCES_A_PARAGRAPH])
        for start in range(0, len(sentences), SENTENCES_A_PARAGRAPH)
    ]
    return first_words("\n\n".join(paragraphs), count)


def first_words(text: str, count: int) -> str:
    ends = [word.end() for word in islice(re.finditer(r"\S+", text), count)]
    return text[: ends[-1]] if ends else ""


def slow(seconds: float) -> str:
    return f"Each of these words took {seconds:g} seconds to arrive, and none of them was lost."


def unknown_error(codes: list[str]) -> str:
    return "I do not know that error. I can fail with:\n\n" + "\n".join(
        f"- `/error {code}`" for code in codes
    )


def _topics(question: str) -> list[str]:
    words = re.findall(r"[^\W_]{3,}", question[:2000])
    unique = {word.lower(): word[:MAX_WORD] for word in reversed(words) if word.lower() not in FILLER}
    return list(reversed(unique.values()))[:TOPIC_WORDS]


def _answer_about(topics: list[str]) -> str:
    first, *others = topics
    rest = f", together with {', '.join(f'*{word}*' for word in others)}" if others else ""
    rows = "\n".join(f"| {word} | {len(word)} | {len(set(word.lower()))} |" for word in topics)
    listed = ", ".join(f'"{word}"' for word in topics)
    return f"""\
## {first[:1].upper() + first[1:]}

You ask about **{first}**{rest}. I am only the demo model, so I can look at your words, \
but not far behind them:

| Word | Letters | Different ones |
| --- | ---: | ---: |
{rows}

A real model would reason; I can at least count:

```python
topics = [{listed}]
print(max(topics, key=len))
```

With $n = {len(topics)}$ topics there are

$$\\frac{{n\\,(n - 1)}}{{2}} = {len(topics) * (len(topics) - 1) // 2}$$

pairs of them to compare.

- For a real answer about *{first}*, ask me how to **connect a model**.
- To see long, slow or failing replies, say `/help`.
"""
