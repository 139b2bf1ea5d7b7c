"""What somebody gets who asks, in one word."""

from dataclasses import astuple, dataclass

from django.http import HttpResponseBase
from django.urls import reverse

OK = "OK"  # let in: what was asked for, or why that is not possible
ABSENT = "ABSENT"  # 404, as if there were no such thing
SIGN_IN = "SIGN_IN"  # led to the entrance
FORBIDDEN = "FORBIDDEN"  # 403
READ_ONLY = "READ_ONLY"  # 403, by a token that may only read
UNKNOWN = "UNKNOWN"  # 401: no token, or one that is good no more
NO_METHOD = "NO_METHOD"  # 405

LET_IN = {200, 201, 202, 204, 301, 302, 303, 304, 400, 409, 415, 422}
REFUSED = {401: UNKNOWN, 403: FORBIDDEN, 404: ABSENT, 405: NO_METHOD}


@dataclass(frozen=True)
class Row:
    """What each role gets.

    Staff without a right may enter the administrators' desk and nothing more; trusted staff has every right
    that there is to be given. Tokens are the owner's: one that may write, one that may read, one revoked.
    Pages know no tokens: where nothing is said of them, they get what nobody gets.
    """

    owner: str
    other: str
    staff: str
    trusted: str
    anonymous: str
    writer: str = ""
    reader: str = ""
    revoked: str = ""

    def __post_init__(self) -> None:
        for role in ("writer", "reader", "revoked"):
            object.__setattr__(self, role, getattr(self, role) or self.anonymous)

    def __str__(self) -> str:
        said = astuple(self)
        return f"Row({', '.join(said[:5] if set(said[5:]) == {self.anonymous} else said)})"


def outcome(response: HttpResponseBase) -> str:
    status = response.status_code
    if status in {301, 302} and response["Location"].startswith((reverse("account_login"), "/admin/login/")):
        return SIGN_IN
    if status == 403 and b'"read_only"' in getattr(response, "content", b""):
        return READ_ONLY
    return OK if status in LET_IN else REFUSED.get(status, str(status))
