"""Requests that no browser sends, as bytes to the listener itself; what a proxy makes of them is its own."""

import asyncio
import re
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass

import pytest

from tests.bad_inputs.expand import entries
from tests.bad_inputs.people import CSRF_TOKEN, Person, looked_at
from tests.bad_inputs.surroundings import resident
from tests.support.product import Product

Undisturbed = Callable[[], AbstractContextManager[None]]
MIB = 1 << 20
WITHIN = 40.0  # seconds: far beyond what a piece of a body is waited for
CHUNK = b"10000\r\n" + b"a" * (1 << 16) + b"\r\n"
FORM = "Content-Type: application/x-www-form-urlencoded"
PATHS = {entry.id: entry.input for entry in entries("id_path") if entry.target == "http_path"}
MORE_PATHS = [
    *(
        "/static/..%2f..%2fconfig/settings/base.py",
        "/static//etc/passwd",
        "/static/%2e%2e/%2e%2e/.env",
        "/static/",
    ),
    *("/media/", "/.git/HEAD", "/.env.example", "/manage.py", "/db.sqlite3", "/%2e%2e%2f%2e%2e%2fetc/passwd"),
    *(
        "//evil.test/",
        "//evil.test/accounts/login",
        "/\\evil.test",
        "/c/",
        "/c//",
        "/c/%00/",
        "/%",
        "/%zz",
        "/%ff%fe",
    ),
    *(
        "/%0d%0aSet-Cookie:%20a=b",
        "/%E5%98%8A%E5%98%8DX:1",
        "/?%00",
        "/?" + "a=b&" * 3000,
        "/" + "a" * 15_000,
    ),
    *(
        "/accounts/login/?next=https:evil.test",
        "/api/v1/../../admin/",
        "/api/openapi",
        "/ws/",
        "/ws/v1/",
        "*",
    ),
    *(
        "/admin/..;/",
        "http://evil.test/",
        "/share/1",
        "/s/1/",
        "/shared/00000000-0000-0000-0000-000000000000/",
    ),
]


@dataclass(frozen=True)
class Answer:
    """The first answer on a connection; status 0 if it was closed without one."""

    status: int
    head: str
    body: str

    @property
    def refused(self) -> bool:
        """With words, or by closing while they were still being sent."""
        return self.status not in range(100, 400)


async def raw(person: Person, pieces: Iterable[bytes], *, within: float = WITHIN) -> Answer:
    """What comes back for these bytes; everything on a connection of its own."""
    port = int(person.base_url.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 24)

    async def send() -> None:
        with suppress(ConnectionError):
            for piece in pieces:
                writer.write(piece)
                await writer.drain()

    sending = asyncio.create_task(send())
    try:
        async with asyncio.timeout(within):
            return await _answer(reader)
    finally:
        sending.cancel()
        writer.close()
        await asyncio.gather(sending, writer.wait_closed(), return_exceptions=True)


async def _answer(reader: asyncio.StreamReader) -> Answer:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError as ended:
        return Answer(0, "", looked_at(ended.partial.decode("latin-1")))
    except ConnectionError:
        return Answer(0, "", "")
    length = re.search(r"content-length: *(\d+)", head, re.IGNORECASE)
    body = b""
    with suppress(asyncio.IncompleteReadError, ConnectionError):
        body = await reader.readexactly(int(length[1]) if length else 0)
    return Answer(int(head.split(" ", 2)[1]), head, looked_at(body.decode("utf-8", "replace")))


def head(person: Person, first: str, *lines: str, host: str | None = None, cookie: bool = True) -> bytes:
    """The head of a request by somebody who has signed in."""
    own = person.base_url.removeprefix("http://") if host is None else host
    ours = [f"Cookie: {person.cookie}", f"X-CSRFToken: {CSRF_TOKEN}", f"Origin: {person.base_url}"]
    return "\r\n".join([first, f"Host: {own}", *(ours if cookie else []), *lines, "", ""]).encode(
        "utf-8", "surrogatepass"
    )


def get(person: Person, *lines: str, path: str = "/", host: str | None = None) -> list[bytes]:
    return [head(person, f"GET {path} HTTP/1.1", *lines, host=host)]


def post(person: Person, *lines: str) -> bytes:
    return head(person, "POST /settings/profile/ HTTP/1.1", FORM, *lines)


CASES: dict[str, tuple[set[int], Callable[[Person], Iterable[bytes]]]] = {
    "Content-Length: 10 with 1 GB chunked body": (
        {0, 400, 413},
        lambda p: [post(p, "Content-Length: 10", "Transfer-Encoding: chunked"), *[CHUNK] * 16_384],
    ),
    "no Content-Length, endless chunked body": (
        {413},
        lambda p: [post(p, "Transfer-Encoding: chunked"), *[CHUNK] * 16_384],
    ),
    "two different Content-Length headers": (
        {400},
        lambda p: [post(p, "Content-Length: 3", "Content-Length: 5"), b"a=bcd"],
    ),
    "Transfer-Encoding: xchunked": (
        {400},
        lambda p: [post(p, "Transfer-Encoding: xchunked"), b"3\r\na=b\r\n0\r\n\r\n"],
    ),
    "2000 equal header lines": ({0, 400}, lambda p: get(p, *["X-A: b"] * 2_000)),
    "X_FORWARDED_FOR underscore form": ({200}, lambda p: get(p, "X_FORWARDED_FOR: 203.0.113.7")),
    "X-Forwarded-Host: evil.test": ({200}, lambda p: get(p, "X-Forwarded-Host: evil.test")),
    "Host: HOST:99999": ({400}, lambda p: get(p, host="localhost:99999")),
    "Accept-Language of 100 KB": ({0, 400}, lambda p: get(p, "Accept-Language: " + "de-" * 34_000)),
    "Range: bytes=0-,0-,0-... x1000": ({200, 400}, lambda p: get(p, "Range: bytes=" + "0-," * 1_000)),
    "Expect: 100-continue then nothing": (
        {100, 408},
        lambda p: [post(p, "Expect: 100-continue", "Content-Length: 100")],
    ),
    "HTTP/0.9": ({0, 400}, lambda p: [b"GET /\r\n\r\n"]),
}
MORE: dict[str, tuple[set[int], Callable[[Person], Iterable[bytes]]]] = {
    "negative length": ({400}, lambda p: [post(p, "Content-Length: -1"), b"a=b"]),
    "length with a sign": ({400}, lambda p: [post(p, "Content-Length: +3"), b"a=b"]),
    "length in Arabic digits": ({400}, lambda p: [post(p, "Content-Length: ٣"), b"a=b"]),
    "length of no number": ({400}, lambda p: [post(p, "Content-Length: 0x3"), b"a=b"]),
    "huge length": ({413}, lambda p: [post(p, f"Content-Length: {2**63}"), b"a=b"]),
    "length with 5000 digits": ({0, 400, 413}, lambda p: [post(p, "Content-Length: " + "9" * 5_000), b"a=b"]),
    "chunk of no number": ({400}, lambda p: [post(p, "Transfer-Encoding: chunked"), b"zz\r\na=b\r\n"]),
    "negative chunk": ({400}, lambda p: [post(p, "Transfer-Encoding: chunked"), b"-3\r\na=b\r\n"]),
    "endless extension": ({0, 400}, lambda p: [post(p, "Transfer-Encoding: chunked"), b"3;" + b"a" * MIB]),
    "gzip transfer": ({400}, lambda p: [post(p, "Transfer-Encoding: gzip, chunked"), b"0\r\n\r\n"]),
    "space before the colon": ({400}, lambda p: get(p, "X-A : b")),
    "folded line": ({200, 400}, lambda p: get(p, "X-A: b\r\n folded")),
    "no name": ({400}, lambda p: get(p, ": b")),
    "control in a value": ({400}, lambda p: get(p, "X-A: b\x00c")),
    "lone carriage return": ({200, 400}, lambda p: get(p, "X-A: b\rX-B: c")),
    "two hosts": ({400}, lambda p: get(p, "Host: evil.test")),
    "no host": ({400}, lambda p: [b"GET / HTTP/1.1\r\n\r\n"]),
    "another host": ({400}, lambda p: get(p, host="evil.test")),
    "host with a path": ({400}, lambda p: get(p, host="localhost/evil")),
    "port of no number": ({400}, lambda p: get(p, host="localhost:x")),
    "cookie of 15 KB": ({200, 400}, lambda p: get(p, "X-A: " + "a" * 15_000)),
    "cookie of 100 KB": ({0, 400}, lambda p: get(p, "Cookie: a=" + "b" * 100_000)),
    "600 cookies": ({200, 400}, lambda p: get(p, "Cookie: " + "a=b; " * 600)),
    "another protocol": ({0, 400}, lambda p: [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"]),
    "HTTP/2 without asking": ({0, 400, 404, 405}, lambda p: [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"]),
    "HTTP/9.9": ({0, 400}, lambda p: [b"GET / HTTP/9.9\r\n\r\n"]),
    "unknown method": ({400, 405}, lambda p: [head(p, "BREW / HTTP/1.1")]),
    "trace": ({400, 405}, lambda p: [head(p, "TRACE / HTTP/1.1")]),
    "connect": ({400, 404, 405}, lambda p: [head(p, "CONNECT localhost:22 HTTP/1.1")]),
    "method of 10 KB": ({0, 400, 405}, lambda p: [head(p, "A" * 10_000 + " / HTTP/1.1")]),
    "upgrade to what is not there": ({200, 400}, lambda p: get(p, "Connection: Upgrade", "Upgrade: h2c")),
    "half a body": ({408}, lambda p: [post(p, "Content-Length: 100"), b"half"]),
    "half a chunk": ({408}, lambda p: [post(p, "Transfer-Encoding: chunked"), b"100\r\nhalf"]),
    "byte order mark first": ({0, 400, 405}, lambda p: [b"\xef\xbb\xbf" + get(p)[0]]),
}  # fmt: skip


@pytest.mark.parametrize("case", [entry.input["case"] for entry in entries("http_proto")])
async def test_case_of_the_corpus_is_answered_safely(
    case: str, alice: Person, product: Product, undisturbed: Undisturbed
) -> None:
    statuses, pieces = CASES[case]
    memory = resident(product.pid)

    with undisturbed():
        answers = [await raw(alice, pieces(alice)) for _ in range(2)]

    assert {answer.status for answer in answers} <= statuses
    assert answers[0].refused == answers[1].refused
    assert resident(product.pid) - memory < 64
    assert "evil.test" not in answers[0].head + answers[0].body
    assert "203.0.113" not in "".join(
        str(row) for row in product.query("SELECT address FROM accounts_device")
    )


@pytest.mark.parametrize("case", MORE)
async def test_relative_of_the_corpus_is_answered_safely(case: str, alice: Person) -> None:
    statuses, pieces = MORE[case]

    assert (await raw(alice, pieces(alice))).status in statuses


@pytest.mark.parametrize("path", [*PATHS.values(), *MORE_PATHS])
async def test_path_leads_to_nothing_of_ours_and_nowhere_else(path: str, alice: Person) -> None:
    answers = [await raw(alice, get(alice, path=path)) for _ in range(2)]

    for answer in answers:
        assert answer.status in {200, 301, 302, 400, 404, 405, 414, 426}
        assert not re.search(r"\nX: ?1|a=b", answer.head)
        location = re.search(r"\nlocation: *(\S*)", answer.head, re.IGNORECASE)
        assert not location or re.match(r"/(?!/)", location[1]), location
        assert not re.search(r"SECRET_KEY|root:x:0|\[core\]|repositoryformatversion", answer.body)
    assert answers[0].status == answers[1].status
