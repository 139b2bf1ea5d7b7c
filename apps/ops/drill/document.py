"""A page as a tree of elements, and what htmx does to it with a frame: out-of-band swaps by id."""

from collections.abc import Callable, Collection, Iterator
from html.parser import HTMLParser

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


class Element:
    def __init__(self, tag: str, attributes: dict[str, str]) -> None:
        self.tag, self.attributes = tag, attributes
        self.parent: Element | None = None
        self.children: list[Element | str] = []

    @property
    def id(self) -> str:
        return self.attributes.get("id", "")

    @property
    def classes(self) -> list[str]:
        return self.attributes.get("class", "").split()

    @property
    def elements(self) -> "list[Element]":
        return [child for child in self.children if isinstance(child, Element)]

    @property
    def text(self) -> str:
        return "".join(child.text if isinstance(child, Element) else child for child in self.children)

    def all(self) -> "Iterator[Element]":
        """This element and those inside it, in the order of the document."""
        yield self
        for child in self.elements:
            yield from child.all()

    def above(self) -> "Iterator[Element]":
        """This element and those around it."""
        yield self
        if self.parent:
            yield from self.parent.above()

    def add(self, child: "Element | str", place: int | None = None) -> None:
        self.children.insert(len(self.children) if place is None else place, child)
        if isinstance(child, Element):
            child.parent = self


class Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = self._open = Element("", {})

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self._open.add(element)
        if tag not in VOID:
            self._open = element

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open.add(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        for element in self._open.above():
            if element.tag == tag and element.parent:
                self._open = element.parent
                return

    def handle_data(self, data: str) -> None:
        self._open.add(data)


def parsed(html: str) -> Element:
    parser = Parser()
    parser.feed(html)
    parser.close()
    return parser.root


class Document:
    """`touched` holds the elements that came with the last frame."""

    def __init__(self, html: str) -> None:
        root = parsed(html)
        self._by_id = {element.id: element for element in root.all() if element.id}
        self.touched: list[Element] = [root]
        self._swaps: dict[str, Callable[[Element, Element], None]] = {
            "true": self._replace,
            "outerHTML": self._replace,
            "innerHTML": self._refill,
            "beforeend": self._append,
            "upsert": self._upsert,
        }

    def get(self, name: str) -> Element | None:
        return self._by_id.get(name)

    def apply(self, frame: str) -> None:
        """As the ws extension does; a target that is not there is passed over, as there."""
        self.touched = []
        for fragment in parsed(frame).elements:
            style, _, selector = fragment.attributes.get("hx-swap-oob", "true").partition(":")
            target = self.get(selector.removeprefix("#") or fragment.id)
            if target:
                self._swaps[style](target, fragment)

    def _replace(self, target: Element, fragment: Element) -> None:
        parent = target.parent
        if parent:
            place = parent.children.index(target)
            self._take_away(target)
            self._put(parent, fragment, place)

    def _refill(self, target: Element, fragment: Element) -> None:
        for element in target.elements:
            self._take_away(element)
        target.children.clear()
        self._append(target, fragment)

    def _append(self, target: Element, fragment: Element) -> None:
        for child in list(fragment.children):
            self._put(target, child)
        self.touched.append(target)

    def _upsert(self, target: Element, fragment: Element) -> None:
        """As static/js/upsert.js: in its place by id, else where its order says."""
        for element in fragment.elements:
            old, place = self.get(element.id), None
            if old:
                if old.parent and _order(old) == _order(element):
                    place = old.parent.children.index(old)
                self._take_away(old)
            if place is None:
                place = _place(target, element)
                if place is not None and "more-items" in _classes(target.children[place]):
                    continue  # beyond what is loaded
            if "data-gone" not in element.attributes:
                self._put(target, element, place)

    def _put(self, parent: Element, child: Element | str, place: int | None = None) -> None:
        parent.add(child, place)
        if isinstance(child, Element):
            self.touched.append(child)
            self._by_id.update((element.id, element) for element in child.all() if element.id)

    def _take_away(self, element: Element) -> None:
        if element.parent:
            element.parent.children.remove(element)
        for inner in element.all():
            if self._by_id.get(inner.id) is inner:
                del self._by_id[inner.id]


def _classes(child: Element | str) -> Collection[str]:
    return child.classes if isinstance(child, Element) else ()


def _order(element: Element) -> float | None:
    order = element.attributes.get("data-order")
    return None if order is None else float(order)


def _place(target: Element, element: Element) -> int | None:
    """Before the first child whose order is behind the element's; what has none stays at its end."""
    ascending = target.attributes.get("data-sort") != "desc"
    wanted = _order(element) or 0.0
    first = next(iter(target.elements), None)
    for place, child in enumerate(target.children):
        if not isinstance(child, Element) or (child is first and ascending and _order(child) is None):
            continue
        order = _order(child)
        if order is None or (order > wanted if ascending else order < wanted):
            return place
    return None
