"""What every page may say about the product."""

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from apps.accounts.adapter import next_account_is_administrator
from apps.llm.registry import demo_is_active
from apps.web.personal import preferences_for


def product(request: HttpRequest) -> dict[str, object]:
    """`demo`: the demo model answers. `first_account`: whoever signs up now becomes administrator.

    `preferences`: of whoever looks at the page.
    """
    return {
        "demo": demo_is_active(),
        "first_account": SimpleLazyObject(next_account_is_administrator),
        "preferences": SimpleLazyObject(lambda: preferences_for(request)),
    }
