import json
import logging
from typing import Any

from apps import trace
from apps.ops.logs import JsonLines

SECRET = "what-somebody-wrote"


def line(name: str, message: str, *values: object, **more: Any) -> tuple[str, dict[str, Any]]:
    record = logging.getLogger(name).makeRecord(name, logging.ERROR, "file.py", 1, message, values, None)
    vars(record).update(more)
    text = JsonLines().format(record)
    return text, json.loads(text)


def failed() -> tuple[type[BaseException], BaseException, Any]:
    try:
        try:
            raise ValueError(SECRET)
        except ValueError as error:
            raise KeyError(SECRET) from error
    except KeyError as error:
        return KeyError, error, error.__traceback__


def test_an_event_is_one_line() -> None:
    text, found = line("apps.chat", "First\nsecond %s", "x")

    assert "\n" not in text
    assert (found["message"], found["level"], found["logger"]) == ("First\nsecond x", "error", "apps.chat")


def test_a_line_says_for_which_request_it_is() -> None:
    with trace.following("0123456789"):
        _, found = line("apps.chat", "Done")

    assert found["request_id"] == "0123456789"
    assert "request_id" not in line("apps.chat", "Done")[1]


def test_facts_stand_beside_the_words() -> None:
    assert line("apps.chat", "Done", facts={"status": 200})[1]["status"] == 200


def test_of_an_error_its_kinds_and_places_are_told_and_not_its_words() -> None:
    text, found = line("apps.chat", "It failed", exc_info=failed())

    assert SECRET not in text
    assert [part.partition("\n")[0] for part in found["error"]] == [
        "builtins.ValueError",
        "builtins.KeyError",
    ]
    assert "in failed" not in text
    assert "test_logs.py" in found["error"][0]


def test_of_other_packages_lines_the_wording_alone_is_told() -> None:
    text, found = line("library", "Could not read %s\nfuture: secret", SECRET)

    assert SECRET not in text
    assert found["message"] == "Could not read %s"


def test_a_failed_request_is_told_without_its_address() -> None:
    _, found = line("django.request", "%s: %s", "Internal Server Error", f"/{SECRET}")

    assert found["message"] == "Internal Server Error"


def test_a_host_that_is_not_ours_is_not_repeated() -> None:
    text, found = line("django.security.DisallowedHost", f"Invalid HTTP_HOST header: {SECRET}")

    assert SECRET not in text
    assert found["message"] == "django.security.DisallowedHost"


def test_a_warning_is_one_line_in_its_own_words() -> None:
    _, found = line("py.warnings", "%s", "file.py:1: SlowWarning: too slow\n  code()")

    assert found["message"] == "file.py:1: SlowWarning: too slow"
