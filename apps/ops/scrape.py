"""Who may read the counters."""

from django.conf import settings
from django.utils.crypto import constant_time_compare


def may_scrape(authorization: str) -> bool:
    """Whether the header bears the token; without a token in the settings nobody may."""
    token = settings.METRICS_TOKEN
    return bool(token) and constant_time_compare(authorization, f"Bearer {token}")
