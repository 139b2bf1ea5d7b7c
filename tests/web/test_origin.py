import pytest
from pytest_django import Settings

from apps.web.origin import SameOriginOnly, is_same_origin


@pytest.fixture(autouse=True)
def hosts(settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["chat.example.org", ".example.net", "[::1]"]
    settings.CSRF_TRUSTED_ORIGINS = ["https://trusted.example.com"]
    settings.SECURE_PROXY_SSL_HEADER = None


@pytest.mark.parametrize(
    ("origin", "host", "secure"),
    [
        ("https://chat.example.org", "chat.example.org", True),
        ("http://chat.example.org", "chat.example.org", False),
        ("https://chat.example.org:8443", "chat.example.org:8443", True),
        ("https://CHAT.example.org", "chat.EXAMPLE.org", True),
        ("https://a.example.net", "a.example.net", True),
        ("http://[::1]:8000", "[::1]:8000", False),
        ("https://trusted.example.com", "chat.example.org", True),
    ],
)
def test_pages_of_this_origin_may_connect(origin: str, host: str, secure: bool) -> None:
    assert is_same_origin(origin, host, secure=secure)


@pytest.mark.parametrize(
    ("origin", "host", "secure"),
    [
        ("", "chat.example.org", True),
        ("null", "chat.example.org", True),
        ("http://chat.example.org", "chat.example.org", True),
        ("https://chat.example.org", "chat.example.org", False),
        ("https://chat.example.org:8443", "chat.example.org", True),
        ("https://chat.example.org", "chat.example.org:8443", True),
        ("https://chat.example.org.evil.example", "chat.example.org", True),
        ("https://evil.example", "chat.example.org", True),
        ("https://evil.example", "evil.example", True),
        ("https://chat.example.org/", "chat.example.org", True),
        ("https://chat.example.org@evil.example", "chat.example.org", True),
        ("http://trusted.example.com", "chat.example.org", True),
        ("https://", "", True),
    ],
)
def test_no_other_page_may(origin: str, host: str, secure: bool) -> None:
    assert not is_same_origin(origin, host, secure=secure)


@pytest.mark.parametrize(
    ("scheme", "proxy_header", "forwarded", "origin"),
    [
        ("ws", None, "https", "http://chat.example.org"),
        ("wss", None, "", "https://chat.example.org"),
        ("ws", ("HTTP_X_FORWARDED_PROTO", "https"), "https", "https://chat.example.org"),
        ("wss", ("HTTP_X_FORWARDED_PROTO", "https"), "http", "http://chat.example.org"),
    ],
)
async def test_a_proxys_word_counts_only_where_it_is_trusted(
    settings: Settings, scheme: str, proxy_header: tuple[str, str] | None, forwarded: str, origin: str
) -> None:
    settings.SECURE_PROXY_SSL_HEADER = proxy_header
    headers = {"host": "chat.example.org", "x-forwarded-proto": forwarded, "origin": origin}
    passed: list[object] = []

    async def application(scope: object, receive: object, send: object) -> None:
        passed.append(scope)

    scope = {
        "scheme": scheme,
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    await SameOriginOnly(application)(scope, None, None)

    assert passed == [scope]
