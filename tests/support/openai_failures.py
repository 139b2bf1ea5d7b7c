"""How model servers fail: refusals, nonsense, cuts and silence."""

import gzip
from functools import cache
from itertools import chain, repeat

from tests.support.openai_scripts import (
    CLOSE,
    DONE,
    END,
    FIRST,
    GZIP,
    HANG,
    HTML,
    JSON,
    RESET,
    Behaviour,
    Pause,
    Raw,
    Script,
    endless,
    error,
    event,
    finish,
    page,
    raw,
    streaming,
    text,
)

SECRET = "sk-upstream-secret"  # upstreams like to quote the key; nobody may see it
PWN = '<img src=x onerror="__pwn(990)">'
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"


@cache
def bomb() -> bytes:
    return gzip.compress(bytes(100 << 20), 1)


@cache
def bomb_of_comments() -> bytes:
    return gzip.compress(b": more\n\n" * (8 << 20), 1)


FAILURES: dict[str, Behaviour] = {
    # Refused
    "unauthorized": Behaviour(
        lambda request: error(401, f"Incorrect API key provided: {SECRET}", code="invalid_api_key"),
        "unauthorized",
        ("UP-006",),
    ),
    "forbidden": Behaviour(lambda request: error(403, "not for you"), "unauthorized"),
    "moderated": Behaviour(lambda request: error(403, "Your input was flagged by moderation"), "refused"),
    "out_of_credit": Behaviour(lambda request: error(402, "Insufficient balance"), "rate_limited"),
    "model_not_found": Behaviour(
        lambda request: error(404, "The model does not exist", code="model_not_found"),
        "model_not_found",
        ("UP-008",),
    ),
    "no_such_page": Behaviour(lambda request: page(404, "<h1>Not found</h1>"), "bad_response"),
    "context_too_long": Behaviour(
        lambda request: error(400, "too long", code="context_length_exceeded"),
        "context_too_long",
        ("UP-009",),
    ),
    "context_by_wording": Behaviour(
        lambda request: error(400, "This model's maximum context length is 8192 tokens."), "context_too_long"
    ),
    "too_large": Behaviour(lambda request: error(413, "Request too large"), "context_too_long"),
    "invalid_request": Behaviour(lambda request: error(400, "temperature must be warm"), "invalid_request"),
    "content_policy": Behaviour(lambda request: error(400, "no", code="content_policy_violation"), "refused"),
    "rate_limited": Behaviour(
        lambda request: error(429, "slow down", headers={"retry-after": "30"}), "rate_limited", ("UP-010",)
    ),
    "error_page": Behaviour(
        lambda request: page(500, f"<h1>Oops</h1>{PWN}<pre>{SECRET}</pre>"), "unavailable", ("UP-012",)
    ),
    "overloaded": Behaviour(lambda request: error(503, "overloaded"), "unavailable"),
    "gateway_timeout": Behaviour(lambda request: page(504, "<h1>Gateway time-out</h1>"), "timed_out"),
    "markup_in_error": Behaviour(lambda request: error(400, f"Bad {PWN}"), "invalid_request", ("UP-040",)),
    "endless_error": Behaviour(
        lambda request: Script(repeat(b"x" * 9999), status=500, headers=HTML), "unavailable"
    ),
    "bomb_in_error": Behaviour(lambda request: Script([bomb()], status=500, headers=GZIP), "unavailable"),
    "deep_error": Behaviour(
        lambda request: Script([b"[" * 60000], status=400, headers=JSON), "invalid_request"
    ),
    "redirect": Behaviour(
        lambda request: page(302, "", {"location": "http://127.0.0.1:9/v1/chat/completions"}),
        "bad_response",
        ("UP-037",),
    ),
    "permanent_redirect": Behaviour(
        lambda request: page(307, "", {"location": "http://127.0.0.1:9/v1/chat/completions"}), "bad_response"
    ),
    "error_object": Behaviour(
        lambda request: Script([b'{"error": {"message": "overloaded"}}'], headers=JSON),
        "unavailable",
        ("UP-015",),
    ),
    "error_object_in_stream": Behaviour(
        streaming(event({"error": {"code": 429, "message": PWN}})), "rate_limited"
    ),
    "error_event": Behaviour(
        streaming(FIRST, b'event: error\ndata: {"message": "overloaded"}\n\n'), "unavailable"
    ),
    "error_in_the_middle": Behaviour(streaming(FIRST, event({"error": {"message": SECRET}})), "unavailable"),
    "error_as_finish": Behaviour(streaming(FIRST, finish("error")), "unavailable"),
    # Not the protocol
    "login_page": Behaviour(lambda request: page(200, f"<form>{PWN}</form>"), "bad_response", ("UP-014",)),
    "json_answer": Behaviour(lambda request: Script([b'{"choices": []}'], headers=JSON), "bad_response"),
    "markup_as_stream": Behaviour(streaming(b"<html><body>Log in</body></html>\n"), "bad_response"),
    "not_json": Behaviour(streaming(FIRST, b"data: {not json\n\n"), "bad_response"),
    "not_an_object": Behaviour(streaming(event([1, 2])), "bad_response"),
    "deep_json": Behaviour(streaming(b"data: " + b"[" * 100_000 + b"\n\n"), "bad_response"),
    "endless_line": Behaviour(endless(b"data: " + b"x" * 9999), "bad_response"),
    "endless_comments": Behaviour(endless(b": working\n" * 1000), "bad_response"),
    "endless_events": Behaviour(endless((b"event: execute\n" + text("x" * 900)) * 100), "bad_response"),
    "gzip_bomb": Behaviour(lambda request: Script([bomb()], headers=GZIP), "bad_response", ("UP-038",)),
    "bomb_of_comments": Behaviour(lambda request: Script([bomb_of_comments()], headers=GZIP), "bad_response"),
    "broken_gzip": Behaviour(streaming(b"not gzip at all", headers=GZIP), "bad_response"),
    "not_http": Behaviour(raw(Raw(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"), CLOSE), "unavailable"),
    "endless_head": Behaviour(
        raw(Raw(HEAD), *repeat(Raw(b"x: " + b"y" * 9999 + b"\r\n"), 99), CLOSE), "unavailable"
    ),
    # Cut off
    "empty_body": Behaviour(streaming(), "cut_off", ("UP-016",)),
    "only_done": Behaviour(streaming(DONE), "cut_off"),
    "clean_cut": Behaviour(streaming(FIRST), "cut_off"),
    "done_without_finish": Behaviour(streaming(FIRST, DONE), "cut_off"),
    "cut_in_a_line": Behaviour(streaming(FIRST, b'data: {"choices": [{"del'), "cut_off"),
    "closed_in_the_middle": Behaviour(streaming(FIRST, CLOSE), "cut_off"),
    "reset_in_the_middle": Behaviour(streaming(FIRST, Pause(0.05), RESET), "cut_off"),
    "reset_after_head": Behaviour(streaming(RESET), "unavailable", ("UP-002",)),
    "reset_before_head": Behaviour(raw(RESET), "unavailable"),
    # Never ending
    "hang_before_head": Behaviour(raw(HANG), "silent", ("UP-003",)),
    "hang_after_head": Behaviour(streaming(HANG), "silent"),
    "hang_in_the_middle": Behaviour(streaming(FIRST, HANG), "silent", ("UP-004",)),
    "only_comments": Behaviour(endless(b": working\n\n", Pause(0.02)), "silent"),
    "only_empty_choices": Behaviour(endless(event({"choices": []}), Pause(0.02)), "silent"),
    "hundred_megabytes": Behaviour(
        lambda request: Script(chain(repeat(text("x" * 1000), 100_000), END)), "endless", ("UP-033",)
    ),
    "million_deltas": Behaviour(
        lambda request: Script(chain(repeat(text("x"), 1_000_000), END)), "endless", ("UP-034",)
    ),
    "bomb_of_text": Behaviour(streaming(gzip.compress(text("x" * 1000) * 50_000), headers=GZIP), "endless"),
}
