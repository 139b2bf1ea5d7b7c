"""A running reply, drawn block by block."""

from html import escape

from apps.web.markdown import code
from apps.web.markdown.completion import could_close
from apps.web.markdown.document import cleaned, draw_all, draw_closed, draw_open
from apps.web.markdown.page import Page
from apps.web.markdown.splitter import Segment, Splitter

REDRAW_SHARE = 64  # the open block is parsed again once it grew by 1/64: linear over a whole reply


class Drawing:
    """Give it the growing text; it parses only the open block again, never a closed one."""

    def __init__(self, scope: str = "") -> None:
        self.closed: list[str] = []
        self._page = Page(scope, live=True)
        self._segments: list[Segment] = []
        self._splitter = Splitter()
        self._read = 0  # characters of the text taken in
        self._line = ""  # the last line, still without its end
        self._half_end = False
        self._size = 0  # characters in the open segment
        self._drawn = ("", 0)  # what `open` shows, and the size it was drawn at
        self._code = ("", 0)  # the HTML of an open code block so far, and of how many lines it is

    @property
    def html(self) -> str:
        return "".join(self.closed) + self.open

    def update(self, text: str) -> None:
        """Take in the whole text so far, which only grows."""
        new = text[self._read :]
        self._half_end = new.endswith("\r")  # the other half of the line end may follow
        new = new.removesuffix("\r")
        if not new:
            return
        self._read += len(new)
        self._size += len(new)
        *lines, self._line = (self._line + cleaned(new)).split("\n")
        for line in lines:
            self._close(self._splitter.feed(line))
        self._close(self._splitter.feed_start(self._line))

    def catch_up(self) -> None:
        """Have `open` show all that was taken in, whatever its share."""
        self._drawn = ("", 0)

    def finish(self) -> None:
        """The text is whole: what was held back is shown, late definitions count."""
        if self._line or self._half_end:
            self._close(self._splitter.feed(self._line))
        self._close(self._splitter.take())
        if self._page.references or self._page.numbers:
            self.closed[:] = draw_all(self._segments, self._page.scope)
        self._line, self._size, self._drawn = "", 0, ("", 0)

    @property
    def open(self) -> str:
        """The HTML of the block being written."""
        if self._splitter.fence:
            return self._open_code()
        html, size = self._drawn
        if self._size - size > size // REDRAW_SHARE or self._size < size:
            html = draw_open(self._splitter.peek(self._line), self._page)
            self._drawn = (html, self._size)
        return html

    def _close(self, segments: list[Segment]) -> None:
        for segment in segments:
            self._segments.append(segment)
            self.closed.append(draw_closed(segment, self._page))
        if segments:
            self._size = sum(map(len, self._splitter.lines)) + len(self._line)
            self._drawn, self._code = ("", 0), ("", 0)

    def _open_code(self) -> str:
        fence, lines = self._splitter.fence, self._splitter.lines
        if fence is None:
            return ""
        html, count = self._code
        if not count:
            html, count = code.frame_start(code.language_of(fence.info)), 1
        new = "".join(f"{fence.content(line)}\n" for line in lines[count:])
        self._code = (html + escape(new, quote=False), len(lines))
        last = "" if could_close(fence, self._line) else fence.content(self._line)
        return self._code[0] + escape(last, quote=False) + code.frame_end()
