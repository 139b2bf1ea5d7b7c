import asyncio
import threading
from collections.abc import Awaitable, Callable

import pytest
from django.db import DatabaseError, connection, transaction

from apps.bridge import in_database, in_journal, in_lease, in_queue

pytestmark = pytest.mark.django_db(transaction=True)

Bridge = Callable[[Callable[..., object]], Callable[..., Awaitable[object]]]
BRIDGES = pytest.mark.parametrize("bridge", [in_journal, in_database, in_lease, in_queue])


def one() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return int(cursor.fetchone()[0])


def lose_the_connection() -> None:
    """As when the database is restarted: we hold a connection that is dead."""
    one()
    connection.connection.close()


@BRIDGES
async def test_a_call_runs_on_a_thread_of_our_own(bridge: Bridge) -> None:
    name = await bridge(lambda: threading.current_thread().name)()

    assert str(name).rpartition("_")[0] in {"journal", "actions", "views", "lease", "queue"}


@BRIDGES
async def test_arguments_results_and_errors_come_across(bridge: Bridge) -> None:
    assert await bridge(lambda a, *, b: (a, b))(1, b=2) == (1, 2)
    with pytest.raises(ZeroDivisionError):
        await bridge(lambda: 1 // 0)()


@BRIDGES
async def test_a_thread_keeps_its_connection(bridge: Bridge) -> None:
    def held() -> object:
        one()
        return connection.connection

    kept = {await bridge(held)() for _ in range(8)}

    assert len(kept) <= 4  # as many as there are threads


@BRIDGES
async def test_a_connection_on_which_a_call_failed_is_not_kept(bridge: Bridge) -> None:
    with pytest.raises(DatabaseError):
        await bridge(lambda: (lose_the_connection(), one()))()

    assert await asyncio.gather(*(bridge(one)() for _ in range(8))) == [1] * 8


@pytest.mark.skipif(connection.vendor == "sqlite", reason="a file does not go away")
@BRIDGES
async def test_a_connection_lost_while_it_rested_costs_no_call(
    bridge: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.bridge.RESTED", 0)
    await bridge(lose_the_connection)()

    assert await bridge(one)() == 1


async def test_the_journal_stores_one_thing_at_a_time() -> None:
    inside: list[int] = []
    most: list[int] = []

    def store() -> None:
        with transaction.atomic():
            inside.append(1)
            most.append(len(inside))
            one()
            inside.pop()

    await asyncio.gather(*(in_journal(store)() for _ in range(8)))

    assert most == [1] * 8


async def test_calls_run_in_the_order_in_which_they_were_journalled() -> None:
    order: list[int] = []

    await asyncio.gather(*(in_journal(order.append)(number) for number in range(20)))

    assert order == list(range(20))


async def test_a_slow_read_holds_up_neither_the_journal_nor_other_reads() -> None:
    go = threading.Event()
    slow = asyncio.ensure_future(in_database(go.wait)(10))

    assert await in_journal(one)() == 1
    assert await in_database(one)() == 1
    assert not slow.done()

    go.set()
    assert await slow


async def test_a_beat_waits_neither_for_the_actions_nor_for_a_sweep() -> None:
    go = threading.Event()
    actions = [asyncio.ensure_future(in_database(go.wait)(10)) for _ in range(20)]
    sweep = asyncio.ensure_future(in_lease(go.wait)(10))

    assert await in_lease(one)() == 1
    assert not any(waiting.done() for waiting in (*actions, sweep))

    go.set()
    assert all(await asyncio.gather(*actions, sweep))
