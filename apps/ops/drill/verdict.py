"""The comparison: what people were told against what is stored, and both against the script."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from apps.ops.drill.ledger import Ledger
from apps.ops.drill.model import ScriptedModel
from apps.ops.drill.page import Entry
from apps.ops.drill.rows import Row, Rows
from apps.ops.drill.script import PROMPT, Question, flaw_between, flaw_of, in_turn


class Check(StrEnum):
    """What is counted; each must come to nothing."""

    LOST = "acknowledged messages lost"
    DOUBLED = "messages doubled"
    UNANSWERED = "messages never acknowledged"
    REPLIES = "replies missing or too many"
    ROWS_LOST = "characters lost in rows"
    ROWS_DOUBLED = "characters doubled in rows"
    SCREENS_LOST = "characters lost on screen"
    SCREENS_DOUBLED = "characters doubled on screen"
    MIXED = "replies written by two at once"
    UNFINISHED = "replies without a final state"
    PAGES = "what pages should never live to see"
    SCREENS = "screens that differ from their rows"
    CALLS = "calls of the model beyond need"
    TITLES = "conversations without a title"
    RECOVERIES = "faults that were not recovered from"
    PROCESSES = "processes that did not end well"


@dataclass(frozen=True)
class Finding:
    check: Check
    what: str
    count: int = 1


@dataclass(frozen=True)
class Screen:
    """What a page showed of a conversation in the end; empty if it was not begun."""

    conversation: str
    entries: list[Entry]


def judge(rows: Rows, ledger: Ledger, model: ScriptedModel, screens: Iterable[Screen]) -> list[Finding]:
    return [
        *messages(rows, ledger),
        *replies(rows, ledger),
        *queues(rows),
        *calls(rows, model),
        *(finding for screen in screens for finding in differences(rows, screen)),
        *(Finding(Check.PAGES, complaint) for complaint in ledger.complaints),
        *titles(rows),
    ]


def messages(rows: Rows, ledger: Ledger) -> Iterator[Finding]:
    """Every acknowledged message is stored once, asked or waiting in sight; every other at most once."""
    stored = Counter((row.conversation, row.text) for row in rows.messages.values() if row.role == "user")
    stored.update((waiting.conversation, waiting.text) for waiting in rows.waiting)
    for sending in ledger.sendings.values():
        times = stored.pop((sending.conversation, sending.question.prompt), 0)
        if sending.acknowledged and not times:
            yield Finding(Check.LOST, f"question {sending.question.number}")
        if times > 1:
            yield Finding(Check.DOUBLED, f"question {sending.question.number}, {times} times", times - 1)
        if not sending.acknowledged:
            yield Finding(Check.UNANSWERED, f"question {sending.question.number}, {sending.copies} copies")
    for _, text in stored:
        yield Finding(Check.DOUBLED, f"nobody sent {text!r}")


def replies(rows: Rows, ledger: Ledger) -> Iterator[Finding]:
    """Every question has its reply, ended, and to the letter what the model said."""
    answers = defaultdict(list)
    for row in rows.replies:
        answers[row.parent].append(row)
    for row in rows.messages.values():
        if row.role == "user" and PROMPT.fullmatch(row.text):
            question = Question.found_in(row.text)
            most = 1 + ledger.regenerated.get(question.number, 0)
            if not 1 <= len(answers[row.id]) <= most:
                yield Finding(Check.REPLIES, f"question {question.number} has {len(answers[row.id])}")
            for reply in answers[row.id]:
                yield from text_of(reply, question)


def queues(rows: Rows) -> Iterator[Finding]:
    """What waits, waits for somebody: for a reply that is being written, or for its reader."""
    for waiting in rows.waiting:
        if waiting.is_forgotten:
            yield Finding(Check.UNFINISHED, f"{waiting.text!r} waits for a reply that has ended")


def text_of(reply: Row, question: Question) -> Iterator[Finding]:
    name = f"reply {reply.id} to question {question.number} ({reply.status})"
    if reply.is_live:
        yield Finding(Check.UNFINISHED, name)
    flaw = flaw_of(reply.text, question.script)
    missing = len(question.script) - len(reply.text) if reply.status == "complete" and not flaw else 0
    if flaw.lost or missing > 0:
        yield Finding(Check.ROWS_LOST, name, flaw.lost + max(0, missing))
    if flaw.doubled:
        yield Finding(Check.ROWS_DOUBLED, name, flaw.doubled)
    if not in_turn(reply.text):
        yield Finding(Check.MIXED, name)


def calls(rows: Rows, model: ScriptedModel) -> Iterator[Finding]:
    """No attempt has the model say something twice, and no call outlives its reply."""
    attempts: Counter[int] = Counter()
    for reply in rows.replies:
        asked = rows.messages.get(reply.parent)
        if asked and PROMPT.fullmatch(asked.text):
            attempts[Question.found_in(asked.text).number] += reply.attempt
    talked = Counter(call.question.number for call in model.calls if call.said)
    for number, times in talked.items():
        if times > attempts[number]:
            yield Finding(Check.CALLS, f"question {number}: {times} calls in {attempts[number]} attempts")
    for call in model.open_calls:
        yield Finding(Check.CALLS, f"question {call.question.number} is still being answered")
    for complaint in model.complaints:
        yield Finding(Check.CALLS, complaint)


def differences(rows: Rows, screen: Screen) -> Iterator[Finding]:
    """A screen shows the end of the path, each message as it is stored."""
    path = rows.path(screen.conversation)[-len(screen.entries) :] if screen.entries else []
    if [row.id for row in path] != [entry.id for entry in screen.entries]:
        shown, stored = ([one.id[:8] for one in those] for those in (screen.entries, path))
        what = f"{screen.conversation} shows {shown} where {stored} are stored"
        yield Finding(Check.SCREENS, what)
        return
    for row, entry in zip(path, screen.entries, strict=True):
        name = f"{row.role} {row.id}"
        if row.status != entry.status:
            yield Finding(Check.SCREENS, f"{name} is {row.status}, and {entry.status} on a screen")
        if row.text.rstrip() == entry.text.rstrip():
            continue
        flaw = flaw_between(entry.text, row.text)
        short = len(row.text.rstrip()) - len(entry.text) if not flaw else 0
        if flaw.lost or short:
            yield Finding(Check.SCREENS_LOST, name, flaw.lost + short)
        if flaw.doubled:
            yield Finding(Check.SCREENS_DOUBLED, name, flaw.doubled)


def ahead_of_rows(rows: Rows, screens: Iterable[Screen]) -> Iterator[Finding]:
    """What was on a screen before `rows` were read must have been stored."""
    for screen in screens:
        for entry in screen.entries:
            row = rows.messages.get(entry.id)
            if row is None or not row.text.startswith(entry.text):
                length = len(row.text) if row else 0
                shown = f"{entry.role} {entry.id}: {len(entry.text)} characters shown, {length} stored"
                yield Finding(Check.PAGES, shown)


def titles(rows: Rows) -> Iterator[Finding]:
    for conversation in rows.conversations.values():
        if conversation.title_state == "wanted" or not conversation.title:
            yield Finding(Check.TITLES, conversation.id)
