"""Text that every database and browser takes."""

import re

HIGH_SURROGATE = re.compile("[\ud800-\udbff]\\Z")
SURROGATE = re.compile("[\ud800-\udfff]")


class Cleaner:
    """Joins surrogate halves that were split over two deltas; drops NUL and halves that stay alone."""

    def __init__(self) -> None:
        self._held = ""

    def clean(self, text: str) -> str:
        if not self._held and text.isascii() and "\0" not in text:
            return text
        text = self._held + text.replace("\0", "")
        self._held = text[-1] if HIGH_SURROGATE.search(text) else ""
        text = text.removesuffix(self._held)
        return join_surrogates(text) if SURROGATE.search(text) else text


def join_surrogates(text: str) -> str:
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
