import pytest

from apps.llm.text import Cleaner


@pytest.mark.parametrize(
    ("deltas", "text"),
    [
        (["plain", " text"], "plain text"),
        (["naïve ", "😀"], "naïve 😀"),
        (["\ud83d", "\ude00"], "😀"),
        (["a\ud83d", "", "\ude00b"], "a😀b"),
        (["a\ud83d\ude00b"], "a😀b"),
        (["\ud83d", "\ud83d", "\ude00"], "😀"),
        (["a\ud83d", "b"], "ab"),
        (["\ude00", "\ud83d"], ""),
        (["a\0", "\0b", "\0"], "ab"),
        (["\ud83d\0", "\ude00"], "😀"),
    ],
)
def test_halves_are_joined_and_what_stays_alone_is_dropped(deltas: list[str], text: str) -> None:
    cleaner = Cleaner()

    assert "".join(cleaner.clean(delta) for delta in deltas) == text
