import pytest

from apps.ops.drill.script import VOICES, Flaw, Question, flaw_between, flaw_of, in_turn, voice_of

QUESTION = Question(3, words=60)


def test_prompt_says_which_question_it_is() -> None:
    assert Question.found_in(QUESTION.prompt) == QUESTION


def test_other_prompts_are_no_questions() -> None:
    with pytest.raises(ValueError, match="no question of the drill"):
        Question.found_in("How do you do?")


def test_every_voice_is_one_code_point_and_leaves_offsets_alone() -> None:
    assert {len(QUESTION.spoken(voice)) for voice in VOICES} == {len(QUESTION.script)}


def test_calls_have_voices_of_their_own_until_there_are_no_more() -> None:
    assert [voice_of(call) for call in (0, 1, 99)] == [VOICES[0], VOICES[1], VOICES[-1]]


@pytest.mark.parametrize("length", [0, 1, 77, len(QUESTION.script)])
def test_beginning_of_the_script_has_no_flaw(length: int) -> None:
    assert not flaw_of(QUESTION.spoken("🦊")[:length], QUESTION.script)


@pytest.mark.parametrize(
    ("text", "flaw"),
    [
        (QUESTION.script[:50] + QUESTION.script[60:100], Flaw(lost=10, doubled=0)),
        (QUESTION.script[:50] + QUESTION.script[40:100], Flaw(lost=0, doubled=10)),
        (QUESTION.script + "!", Flaw(lost=0, doubled=1)),
    ],
)
def test_what_is_lost_or_doubled_is_counted(text: str, flaw: Flaw) -> None:
    assert flaw_of(text, QUESTION.script) == flaw


def test_other_voice_is_a_difference_between_two_texts() -> None:
    assert flaw_between("q1w1🐙 q1w2🐙", "q1w1🐙 q1w2🦊") == Flaw(lost=1, doubled=1)


@pytest.mark.parametrize(("text", "sound"), [("a🐙b🐙c🦊d🦊", True), ("a🐙b🦊c🐙", False), ("a🦊b🐙", False)])
def test_text_of_two_calls_is_in_turn_unless_they_interleave(text: str, sound: bool) -> None:
    assert in_turn(text) is sound
