import pytest

from apps.ops.drill.ledger import Ledger, Sending
from apps.ops.drill.model import Call, ScriptedModel
from apps.ops.drill.page import Entry
from apps.ops.drill.rows import Row, Rows, StoredConversation, Waiting
from apps.ops.drill.script import VOICES, Question
from apps.ops.drill.verdict import Check, Finding, Screen, ahead_of_rows, differences, judge

FIRST, SECOND = VOICES[:2]
QUESTION = Question(1, words=20)
TEXT = QUESTION.spoken(FIRST)


def rows(text: str = TEXT, status: str = "complete", *, title_state: str = "done", asked: int = 1) -> Rows:
    """A conversation of one exchange, its question stored `asked` times."""
    questions = [Row(f"q{n}", "c", "", "user", "complete", QUESTION.prompt, 0) for n in range(asked)]
    replies = [Row(f"r{n}", "c", f"q{n}", "assistant", status, text, attempt=1) for n in range(asked)]
    conversation = StoredConversation("c", "r0", "A title", title_state)
    return Rows({row.id: row for row in (*questions, *replies)}, {"c": conversation})


@pytest.fixture
def ledger() -> Ledger:
    ledger = Ledger()
    ledger.sendings["k"] = Sending("k", QUESTION, "c", acknowledged=True, copies=2)
    return ledger


@pytest.fixture
def model() -> ScriptedModel:
    model = ScriptedModel()
    model.calls.append(Call(QUESTION, FIRST, start=0, said=len(TEXT)))
    return model


def screen(text: str = TEXT, status: str = "complete") -> Screen:
    return Screen(
        "c", [Entry("q0", "user", "complete", QUESTION.prompt), Entry("r0", "assistant", status, text)]
    )


def counted(findings: list[Finding]) -> dict[Check, int]:
    return {finding.check: finding.count for finding in findings}


def test_sound_drill_has_no_findings(ledger: Ledger, model: ScriptedModel) -> None:
    assert judge(rows(), ledger, model, [screen()]) == []


def test_what_waits_in_sight_is_no_loss(ledger: Ledger, model: ScriptedModel) -> None:
    stored = rows(asked=0)
    stored.waiting.append(Waiting("c", QUESTION.prompt))

    assert Check.LOST not in counted(judge(stored, ledger, model, []))


def test_what_waits_and_was_asked_is_doubled(ledger: Ledger, model: ScriptedModel) -> None:
    stored = rows()
    stored.waiting.append(Waiting("c", QUESTION.prompt))

    assert counted(judge(stored, ledger, model, [screen()])) == {Check.DOUBLED: 1}


def test_what_waits_for_nothing_is_found(ledger: Ledger, model: ScriptedModel) -> None:
    stored = rows(asked=0)
    stored.waiting.append(Waiting("c", QUESTION.prompt, is_forgotten=True))

    assert counted(judge(stored, ledger, model, []))[Check.UNFINISHED] == 1


def test_what_was_cut_short_is_no_loss(ledger: Ledger, model: ScriptedModel) -> None:
    assert judge(rows(TEXT[:30], "stopped"), ledger, model, [screen(TEXT[:30], "stopped")]) == []


@pytest.mark.parametrize(
    ("stored", "found"),
    [
        (rows(asked=0), {Check.LOST: 1}),
        (rows(asked=2), {Check.DOUBLED: 1}),
        (rows(TEXT[:40] + TEXT[50:]), {Check.ROWS_LOST: 10}),
        (rows(TEXT[:-5]), {Check.ROWS_LOST: 5}),
        (rows(TEXT[:40] + TEXT[30:]), {Check.ROWS_DOUBLED: 10}),
        (rows(TEXT[:60], "streaming"), {Check.UNFINISHED: 1}),
        (rows(TEXT[:30] + QUESTION.spoken(SECOND)[30:60] + TEXT[60:]), {Check.MIXED: 1}),
        (rows(title_state="wanted"), {Check.TITLES: 1}),
    ],
)
def test_flaws_of_rows_are_found(ledger: Ledger, stored: Rows, found: dict[Check, int]) -> None:
    assert counted(judge(stored, ledger, ScriptedModel(), [])) == found


def test_message_that_was_never_acknowledged_is_found(ledger: Ledger, model: ScriptedModel) -> None:
    ledger.sendings["k"].acknowledged = False

    assert counted(judge(rows(), ledger, model, [])) == {Check.UNANSWERED: 1}


def test_message_that_nobody_sent_is_found(model: ScriptedModel) -> None:
    assert counted(judge(rows(), Ledger(), model, [])) == {Check.DOUBLED: 1}


def test_question_without_a_reply_is_found(ledger: Ledger, model: ScriptedModel) -> None:
    stored = rows()
    del stored.messages["r0"]
    model.calls.clear()

    assert counted(judge(stored, ledger, model, [])) == {Check.REPLIES: 1}


def test_second_call_in_one_attempt_is_found(ledger: Ledger, model: ScriptedModel) -> None:
    model.calls.append(Call(QUESTION, SECOND, start=0, said=3))

    assert counted(judge(rows(), ledger, model, [])) == {Check.CALLS: 1}


def test_complaints_of_pages_and_model_are_found(ledger: Ledger, model: ScriptedModel) -> None:
    ledger.complaints.append("a page took back a word")
    model.complaints.append("question 1 is to go on behind another text")

    assert counted(judge(rows(), ledger, model, [])) == {Check.PAGES: 1, Check.CALLS: 1}


@pytest.mark.parametrize(
    ("shown", "found"),
    [
        (screen(TEXT[:-7]), {Check.SCREENS_LOST: 7}),
        (screen(TEXT + TEXT[-6:]), {Check.SCREENS_DOUBLED: 6}),
        (screen(status="streaming"), {Check.SCREENS: 1}),
        (Screen("c", screen().entries[:1]), {Check.SCREENS: 1}),
    ],
)
def test_differences_between_screen_and_rows_are_found(shown: Screen, found: dict[Check, int]) -> None:
    assert counted(list(differences(rows(), shown))) == found


def test_text_on_a_screen_that_is_not_stored_is_found() -> None:
    stored = rows(TEXT[:30], "streaming")

    assert not list(ahead_of_rows(stored, [screen(TEXT[:20])]))
    assert counted(list(ahead_of_rows(stored, [screen(TEXT[:31])]))) == {Check.PAGES: 1}
