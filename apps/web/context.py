"""What every page may say about the product."""

from functools import cache
from hashlib import sha256

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from apps.accounts.adapter import next_account_is_administrator
from apps.llm.registry import demo_is_active
from apps.web.personal import preferences_for

KEPT_BY_BROWSERS = ("templates/*.html", "templates/locale/*/*/*.mo", "static/css/*.css", "static/js/again.js")


@cache
def version() -> str:
    """Another one for every change of the page that browsers keep; the same in every process."""
    files = sorted(path for pattern in KEPT_BY_BROWSERS for path in settings.BASE_DIR.glob(pattern))
    return sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:12]


def product(request: HttpRequest) -> dict[str, object]:
    """`demo`: the demo model answers. `first_account`: whoever signs up now becomes administrator.

    `preferences`: of whoever looks at the page. `version`: of the page for no connection.
    """
    return {
        "demo": demo_is_active(),
        "first_account": SimpleLazyObject(next_account_is_administrator),
        "preferences": SimpleLazyObject(lambda: preferences_for(request)),
        "version": version(),
    }
