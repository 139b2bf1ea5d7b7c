import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.chat.models import Conversation, TitleState
from apps.llm import demo
from tests.api.client import Program, looks, problem, wrong_fields
from tests.factories import ConversationFactory

pytestmark = pytest.mark.django_db

NOW = timezone.now()


def titles(program: Program, query: str = "") -> list[str]:
    return [item["title"] for item in program.get(f"/conversations{query}").json()["items"]]


def test_list_is_of_ones_own_latest_first(writer: Program, owner: User) -> None:
    for age, title in enumerate(("new", "older", "oldest")):
        ConversationFactory(owner=owner, title=title, updated_at=NOW - timedelta(hours=age))
    ConversationFactory(title="not mine")
    ConversationFactory(owner=owner, title="deleted", deleted_at=NOW)

    assert titles(writer) == ["new", "older", "oldest"]


def test_pages_of_the_list_follow_each_other_without_gap_or_double(writer: Program, owner: User) -> None:
    made = {str(ConversationFactory(owner=owner, updated_at=NOW).pk) for _ in range(7)}
    seen, cursor = [], ""
    while cursor is not None:
        page = writer.get(f"/conversations?limit=3{cursor and f'&cursor={cursor}'}").json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["next"]

    assert (len(seen), set(seen)) == (7, made)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?archived=true", {"away"}),
        ("?archived=false", {"pinned plan", "plain"}),
        ("?pinned=true", {"pinned plan"}),
        ("?words=PLAN", {"pinned plan"}),
        ("?words=pl&pinned=false", {"plain"}),
        ("?words=%20", {"away", "pinned plan", "plain"}),
    ],
)
def test_list_can_be_narrowed(writer: Program, owner: User, query: str, found: set[str]) -> None:
    ConversationFactory(owner=owner, title="away", archived=True)
    ConversationFactory(owner=owner, title="pinned plan", pinned=True)
    ConversationFactory(owner=owner, title="plain")

    assert set(titles(writer, query)) == found


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("?limit=0", {"limit": "invalid"}),
        ("?limit=101", {"limit": "invalid"}),
        ("?limit=%D9%A1", {"limit": "invalid"}),
        ("?limit=1.0", {"limit": "invalid"}),
        ("?limit=1&limit=2", {"limit": "invalid"}),
        ("?archived=yes", {"archived": "invalid"}),
        ("?cursor=", {"cursor": "invalid"}),
        ("?cursor=AAAA", {"cursor": "invalid"}),
        ("?cursor=f_________________________________", {"cursor": "invalid"}),
        ("?cursor=%C3%A9", {"cursor": "invalid"}),
        ("?order_by=owner__password", {"order_by": "unknown"}),
        ("?words=" + "x" * 201, {"words": "too_long"}),
    ],
)
def test_parameters_that_are_not_described_are_refused(
    writer: Program, query: str, wrong: dict[str, str]
) -> None:
    assert wrong_fields(writer.get(f"/conversations{query}")) == wrong


def test_a_conversation_is_begun_with_what_is_chosen_for_it(writer: Program, owner: User) -> None:
    answer = writer.post("/conversations", {"title": " Two\n words ", "instructions": "Be brief."})

    begun = Conversation.objects.get(owner=owner)
    assert (answer.status_code, answer["Location"]) == (201, f"/api/v1/conversations/{begun.pk}")
    assert (begun.title, begun.title_state) == ("Two words", TitleState.USER)
    assert (begun.instructions, begun.model_name) == ("Be brief.", demo.MODEL_NAME)
    assert answer.json()["rev"] == begun.rev == 1


def test_the_same_key_begins_one_conversation(writer: Program, owner: User) -> None:
    first = writer.post("/conversations", {"key": "a-key-of-mine"})
    again = writer.post("/conversations", {}, headers={"Idempotency-Key": '"a-key-of-mine"'})

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert Conversation.objects.count() == 1


def test_somebody_elses_key_begins_another(writer: Program, outsider: Program) -> None:
    mine, theirs = (
        program.post("/conversations", {"key": "a-key-of-mine"}) for program in (writer, outsider)
    )

    assert mine.json()["id"] != theirs.json()["id"]


def test_a_key_whose_conversation_was_deleted_is_used_up(writer: Program) -> None:
    begun = writer.post("/conversations", {"key": "a-key-of-mine"}).json()
    writer.delete(f"/conversations/{begun['id']}")

    assert problem(writer.post("/conversations", {"key": "a-key-of-mine"})) == (409, "key_used")


def test_its_first_message_gives_an_untitled_conversation_a_title(writer: Program) -> None:
    begun = writer.post("/conversations", {}).json()
    writer.post(f"/conversations/{begun['id']}/messages", {"text": "Why is\nthe sky blue?"})

    assert writer.get(f"/conversations/{begun['id']}").json()["title"] == "Why is the sky blue?"


def test_everything_about_a_conversation_can_be_changed_at_once(writer: Program, owner: User) -> None:
    conversation = ConversationFactory(owner=owner, archived=True)
    change = {"title": "New", "pinned": True, "model": demo.MODEL_NAME, "instructions": "Be kind."}

    changed = writer.patch(f"/conversations/{conversation.pk}", change).json()

    assert {name: changed[name] for name in change} == change
    assert changed["archived"] is False
    assert changed == writer.get(f"/conversations/{conversation.pk}").json()


@pytest.mark.parametrize("change", [{}, {"title": None, "pinned": None}])
def test_a_change_of_nothing_changes_nothing(writer: Program, owner: User, change: dict[str, None]) -> None:
    conversation = ConversationFactory(owner=owner, title="As it was")

    changed = writer.patch(f"/conversations/{conversation.pk}", change)

    assert (changed.status_code, changed.json()["title"], changed.json()["rev"]) == (200, "As it was", 0)


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"title": " \u200b"}, {"title": "blank"}),
        ({"title": 7}, {"title": "not_text"}),
        ({"title": "x" * 201}, {"title": "too_long"}),
        ({"pinned": "true"}, {"pinned": "invalid"}),
        ({"pinned": True, "archived": True}, {"archived": "invalid"}),
        ({"model": "no-such"}, {"model": "no_such_model"}),
        ({"instructions": "x" * 8001}, {"instructions": "too_long"}),
        ({"title": "t", "owner": 1, "is_staff": True}, {"owner": "unknown", "is_staff": "unknown"}),
    ],
)
def test_a_change_that_is_not_right_changes_nothing(
    writer: Program, owner: User, change: dict[str, object], wrong: dict[str, str]
) -> None:
    conversation = ConversationFactory(owner=owner, title="As it was")

    assert wrong_fields(writer.patch(f"/conversations/{conversation.pk}", change)) == wrong
    assert writer.get(f"/conversations/{conversation.pk}").json()["title"] == "As it was"


def test_what_is_deleted_can_be_taken_back(writer: Program, owner: User) -> None:
    path = f"/conversations/{ConversationFactory(owner=owner).pk}"

    assert writer.delete(path).status_code == 204
    assert problem(writer.get(path)) == (404, "absent")
    assert writer.post(f"{path}/restore").json() == writer.get(path).json()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("PATCH", ""),
        ("DELETE", ""),
        ("POST", "/restore"),
        ("GET", "/messages"),
        ("POST", "/messages"),
        ("GET", "/tree"),
        ("GET", "/queue"),
        ("POST", "/queue/resume"),
    ],
)
def test_somebody_elses_a_deleted_and_no_conversation_look_the_same(
    writer: Program, owner: User, method: str, path: str
) -> None:
    foreign, deleted = ConversationFactory().pk, ConversationFactory(owner=owner, deleted_at=NOW).pk
    ids = [foreign, uuid.uuid4()] if path == "/restore" else [foreign, deleted, uuid.uuid4()]
    body = {"text": "Hello"} if path == "/messages" and method == "POST" else None
    answers = [writer.ask(method, f"/conversations/{pk}{path}", body if body else {}) for pk in ids]

    assert problem(answers[0]) == (404, "absent")
    assert [looks(answer) for answer in answers[1:]] == [looks(answers[0])] * (len(ids) - 1)
