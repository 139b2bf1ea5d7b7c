import asyncio
import dataclasses
import json
import logging
import uuid
from typing import Any, get_type_hints
from uuid import UUID

import pytest
from django.db import transaction

from apps.bridge import in_database
from apps.chat.events import ConversationChanged, ReplyQueued
from apps.events import (
    Event,
    Kicked,
    Mailbox,
    _plain,
    _revive,
    mailbox,
    publish,
    publish_now,
    publish_on_commit,
)
from tests.support.running import running_bus, until

SAMPLES = {UUID: uuid.uuid4(), int: 2**40, str: "naïve 😀 <b>"}
HOPEFUL = ReplyQueued(message_id=uuid.uuid4())


def sample(kind: type[Event]) -> Event:
    types = get_type_hints(kind)
    return kind(**{field.name: SAMPLES[types[field.name]] for field in dataclasses.fields(kind)})


def on_the_wire(event: Event) -> dict[str, Any]:
    """What another process gets of it."""
    received: dict[str, Any] = json.loads(json.dumps(_plain(event)))
    return received


class Wire:
    """A channel layer between this process and another one."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.arriving: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def new_channel(self) -> str:
        return "here"

    async def group_add(self, *_: object) -> None: ...

    async def group_send(self, group: str, frame: dict[str, Any]) -> None:
        self.sent.append(json.loads(json.dumps(frame)))
        self.arriving.put_nowait(self.sent[-1])  # as everybody, its sender included

    async def receive(self, _: str) -> dict[str, Any]:
        return await self.arriving.get()


class Broken:
    """A channel layer that is away."""

    async def group_send(self, *_: object) -> None:
        raise ConnectionError

    new_channel = group_add = group_discard = group_send


@pytest.fixture
def heard() -> list[Event]:
    return []


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> list[Event]:
    events: list[Event] = []
    monkeypatch.setattr("apps.events.publish", lambda *some: events.extend(some))
    return events


@pytest.mark.parametrize("kind", Event.kinds.values(), ids=Event.kinds)
def test_every_event_is_revived_as_it_was(kind: type[Event]) -> None:
    event = sample(kind)

    assert _revive(on_the_wire(event)) == event
    assert event.topic


@pytest.mark.parametrize("kind", Event.kinds.values(), ids=Event.kinds)
def test_every_event_is_a_frozen_fact(kind: type[Event]) -> None:
    event = sample(kind)

    with pytest.raises(dataclasses.FrozenInstanceError):
        event.anything = 1


@pytest.mark.parametrize(
    "strange",
    [
        {"kind": "EventOfTomorrow", "values": {}},
        {"kind": "ReplyQueued", "values": {}},
        {"kind": "ReplyQueued", "values": {"message_id": "x"}},
        {"kind": "ReplyQueued", "values": {"message_id": str(uuid.uuid4()), "more": 1}},
        {"kind": "ReplyQueued"},
        {"values": {}},
    ],
)
def test_what_this_version_does_not_know_is_a_kick(strange: dict[str, Any]) -> None:
    assert _revive({"topic": "here", **strange}) == Kicked(where="here")


@pytest.mark.django_db(transaction=True)
def test_an_event_waits_for_the_commit(published: list[Event]) -> None:
    with transaction.atomic():
        publish_on_commit(HOPEFUL)
        assert published == []

    assert published == [HOPEFUL]


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_is_never_told(published: list[Event]) -> None:
    with transaction.atomic():
        publish_on_commit(HOPEFUL)
        transaction.set_rollback(True)

    assert published == []


@pytest.mark.django_db(transaction=True)
def test_a_publication_that_fails_does_not_reach_who_committed(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("apps.events.publish", fail)
    with caplog.at_level(logging.CRITICAL, "django.db.backends.base"), transaction.atomic():
        publish_on_commit(HOPEFUL)


async def test_a_layer_that_is_away_does_not_reach_who_publishes(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("apps.events.get_channel_layer", Broken)

    await publish_now(HOPEFUL)

    assert "ConnectionError" in caplog.text


async def test_a_layer_that_hangs_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    class Hanging:
        async def group_send(self, *_: object) -> None:
            await asyncio.Event().wait()

    monkeypatch.setattr("apps.events.get_channel_layer", Hanging)
    monkeypatch.setattr("apps.events.PUBLISH_TIMEOUT", 0.01)

    async with asyncio.timeout(10):
        await publish_now(HOPEFUL)


class TestMailbox:
    @pytest.fixture
    def bus(self, monkeypatch: pytest.MonkeyPatch) -> Mailbox:
        """One of the test's own, as if it were the process's."""
        bus = Mailbox()
        monkeypatch.setattr("apps.events.mailbox", bus)
        monkeypatch.setattr("tests.support.running.mailbox", bus)
        return bus

    async def test_an_event_reaches_who_listens_and_nobody_else(
        self, bus: Mailbox, heard: list[Event]
    ) -> None:
        elsewhere: list[Event] = []
        mine, other = (ConversationChanged(conversation_id=uuid.uuid4(), rev=1) for _ in range(2))
        async with running_bus():
            await bus.join(mine.topic, heard.append)
            await bus.join(other.topic, elsewhere.append)
            await publish_now(mine)
            await until(lambda: heard)

        assert (heard, elsewhere) == ([mine], [])

    @pytest.fixture
    def wire(self, monkeypatch: pytest.MonkeyPatch) -> Wire:
        wire = Wire()
        monkeypatch.setattr("apps.events.get_channel_layer", lambda: wire)
        return wire

    async def test_what_is_told_together_leaves_as_one_frame_and_is_not_heard_twice(
        self, bus: Mailbox, wire: Wire, heard: list[Event]
    ) -> None:
        other = ReplyQueued(message_id=uuid.uuid4())
        async with running_bus():
            await bus.join(HOPEFUL.topic, heard.append)
            bus.tell([HOPEFUL, other])
            assert heard == [HOPEFUL, other]
            await until(lambda: wire.sent and wire.arriving.empty())

        assert [len(frame["events"]) for frame in wire.sent] == [2]
        assert heard == [HOPEFUL, other]

    async def test_an_event_of_another_process_is_heard(
        self, bus: Mailbox, wire: Wire, heard: list[Event]
    ) -> None:
        elsewhere = ConversationChanged(conversation_id=uuid.uuid4(), rev=1)
        async with running_bus():
            await bus.join(HOPEFUL.topic, heard.append)
            await wire.group_send("events", {"sender": "x", "events": [_plain(elsewhere), _plain(HOPEFUL)]})
            await until(lambda: heard)

        assert heard == [HOPEFUL]

    async def test_frames_of_another_version_kick_once_and_break_nothing(
        self, bus: Mailbox, wire: Wire, heard: list[Event], caplog: pytest.LogCaptureFixture
    ) -> None:
        foreign = [{"type": "event", "kind": "ReplyQueued"}, {"type": "event", "sender": "x"}]
        without_topic = {"kind": "ReplyQueued", "values": {}}
        async with running_bus():
            await bus.join(HOPEFUL.topic, heard.append)
            for frame in (*foreign, {"sender": "x", "events": [without_topic, _plain(HOPEFUL)]}):
                wire.arriving.put_nowait(frame)
            await until(lambda: HOPEFUL in heard)

        assert heard == [Kicked(where=HOPEFUL.topic), HOPEFUL]
        assert "opened anew" not in caplog.text

    async def test_an_event_from_another_thread_arrives(self, bus: Mailbox, heard: list[Event]) -> None:
        async with running_bus():
            await bus.join(HOPEFUL.topic, heard.append)
            await asyncio.to_thread(publish, HOPEFUL)
            await until(lambda: heard)

        assert heard == [HOPEFUL]

    async def test_who_joined_before_it_opened_is_kicked_first(
        self, bus: Mailbox, heard: list[Event]
    ) -> None:
        await bus.join(HOPEFUL.topic, heard.append)
        async with running_bus():
            await until(lambda: heard)
            await publish_now(HOPEFUL)
            await until(lambda: len(heard) == 2)

        assert heard == [Kicked(where=HOPEFUL.topic), HOPEFUL]

    async def test_who_left_hears_nothing(self, bus: Mailbox, heard: list[Event]) -> None:
        last = ReplyQueued(message_id=uuid.uuid4())
        async with running_bus():
            gone: list[Event] = []
            await bus.join(HOPEFUL.topic, gone.append)
            await bus.join(HOPEFUL.topic, heard.append)
            await bus.leave(HOPEFUL.topic, gone.append)
            await publish_now(last)
            await until(lambda: heard)

        assert gone == []

    async def test_a_listener_that_fails_does_not_silence_the_others(
        self, bus: Mailbox, heard: list[Event], caplog: pytest.LogCaptureFixture
    ) -> None:
        def fail(_: Event) -> None:
            raise RuntimeError("listener")

        async with running_bus():
            await bus.join(HOPEFUL.topic, fail)
            await bus.join(HOPEFUL.topic, heard.append)
            for _ in range(2):
                await publish_now(HOPEFUL)
            await until(lambda: len(heard) == 2)

        assert caplog.text.count("RuntimeError: listener") == 2

    async def test_a_broken_mailbox_is_opened_anew_and_kicks(
        self, bus: Mailbox, heard: list[Event], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("apps.events.RECOVER_AFTER", 0.01)
        await bus.join(HOPEFUL.topic, heard.append)
        with monkeypatch.context() as patch:
            opened: list[Broken] = []
            patch.setattr("apps.events.get_channel_layer", lambda: opened.append(Broken()) or opened[-1])
            task = asyncio.create_task(bus.run())
            await until(lambda: len(opened) > 1)
            assert heard == []
        await until(lambda: heard)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

        assert heard == [Kicked(where=HOPEFUL.topic)]

    async def test_a_broken_mailbox_does_not_say_where_the_channel_layer_is(
        self, bus: Mailbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        def refuse() -> None:
            raise ConnectionError("Error 111 connecting to valkey:6379")

        monkeypatch.setattr("apps.events.get_channel_layer", refuse)
        task = asyncio.create_task(bus.run())
        await until(lambda: caplog.messages)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

        assert caplog.messages == ["The mailbox broke and is opened anew: ConnectionError"]

    def test_events_are_published_where_no_mailbox_runs(self) -> None:
        publish(HOPEFUL)


@pytest.mark.django_db(transaction=True)
async def test_an_action_on_a_thread_of_the_bridge_is_heard(heard: list[Event]) -> None:
    def act() -> None:
        with transaction.atomic():
            publish_on_commit(HOPEFUL)

    async with running_bus():
        await mailbox.join(HOPEFUL.topic, heard.append)
        await in_database(act)()
        await until(lambda: heard)
        await mailbox.leave(HOPEFUL.topic, heard.append)

    assert heard == [HOPEFUL]
