"""What a page shows of a conversation, and whether it ever took back what it had shown."""

from dataclasses import dataclass

from apps.ops.drill.document import Document, Element

LIVE = ("queued", "streaming")


@dataclass(frozen=True)
class Entry:
    """A message as it stands on the screen."""

    id: str
    role: str
    status: str
    text: str


class Page:
    """A document that is kept up to date by frames; `seen` outlives it when the page is loaded anew."""

    def __init__(self, html: str, seen: dict[str, str] | None = None) -> None:
        self.seen = {} if seen is None else seen  # the longest text that was ever shown of each message
        self.taken_back: list[str] = []
        self.entries: dict[str, Entry] = {}
        self._document = Document(html)
        self._take_in()

    def apply(self, frame: str) -> None:
        self._document.apply(frame)
        self._take_in()

    @property
    def conversation(self) -> str:
        """The conversation that this page is for, begun or not."""
        app = self._document.get("app")
        return app.attributes.get("data-conversation", "") if app else ""

    @property
    def position(self) -> dict[str, str]:
        """What the socket says when it connects."""
        element = self._document.get("position")
        found = element.attributes if element else {}
        where = {"conversation": found.get("data-conversation", "")}
        revs = {"rev": found.get("data-rev", "0"), "account_rev": found.get("data-account-rev", "0")}
        return {**{name: value for name, value in where.items() if value}, **revs}

    @property
    def accepted(self) -> str:
        """The key of what was acknowledged last."""
        element = self._document.get("accepted")
        return element.attributes.get("data-key", "") if element else ""

    @property
    def queues(self) -> bool:
        """Whether something waits to be sent."""
        queue = self._document.get("queue")
        return bool(queue and queue.elements)

    @property
    def is_paused(self) -> bool:
        """Whether it waits for somebody to send it."""
        return self._document.get("queue-resume") is not None

    @property
    def rejected(self) -> str:
        """The key of what was turned down last."""
        element = self._document.get("composer-error")
        return element.attributes.get("data-key", "") if element and element.text.strip() else ""

    @property
    def shown(self) -> list[Entry]:
        """The messages on the screen, from the top."""
        messages = self._document.get("messages")
        listed = messages.elements if messages else []
        return [self.entries[name] for name in map(_message_id, listed) if name in self.entries]

    @property
    def waits(self) -> bool:
        return any(entry.status in LIVE for entry in self.shown)

    def live(self, name: str) -> Entry | None:
        """A reply that is on the screen and has not ended."""
        entry = self.entries.get(name)
        on_screen = entry and entry.status in LIVE and self._document.get(f"message-{name}")
        return entry if on_screen else None

    def _take_in(self) -> None:
        """Read the messages that came or changed; their text may only have grown."""
        around = [next(filter(_message_id, element.above()), None) for element in self._document.touched]
        inside = [e for element in self._document.touched for e in element.all() if _message_id(e)]
        for element in {id(element): element for element in (*around, *inside) if element}.values():
            entry = self._read(element)
            self.entries[entry.id] = entry
            if not entry.text.startswith(self.seen.get(entry.id, "")):
                self.taken_back.append(_difference(entry, self.seen[entry.id]))
            self.seen[entry.id] = entry.text

    def _read(self, element: Element) -> Entry:
        name = _message_id(element)
        role = "assistant" if "message-assistant" in element.classes else "user"
        if role == "user":
            bubble = next((inner for inner in element.all() if "bubble" in inner.classes), None)
            text = bubble.text if bubble else ""
        else:
            parts = [self._document.get(f"message-{name}-{part}") for part in ("blocks", "tail")]
            text = "\n\n".join(block.text for part in parts if part for block in part.elements)
        return Entry(name, role, element.attributes.get("data-status", ""), text)


def _message_id(element: Element) -> str:
    return element.id.removeprefix("message-") if element.tag == "li" and "message" in element.classes else ""


def _difference(entry: Entry, before: str) -> str:
    pairs = enumerate(zip(entry.text, before, strict=False))
    common = next((place for place, (now, was) in pairs if now != was), len(entry.text))
    stretch = slice(common, common + 20)
    return f"{entry.id} ({entry.status}) at {common}: {before[stretch]!r} became {entry.text[stretch]!r}"
