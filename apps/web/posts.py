"""What a form posted, as it was typed."""

from urllib.parse import parse_qsl

from django.conf import settings
from django.http import HttpRequest

URLENCODED = "application/x-www-form-urlencoded"


def posted(request: HttpRequest) -> dict[str, str]:
    """The fields, the last of each name.

    Bytes that are no text stay recognisable, as lone surrogates, for the text gate to judge as it judges the
    socket's. Line ends, which every form spells CR LF, become the LF that was typed.
    """
    if request.content_type == URLENCODED:
        fields = parse_qsl(
            request.body.decode("utf-8", "surrogateescape"),
            keep_blank_values=True,
            errors="surrogateescape",
            max_num_fields=settings.DATA_UPLOAD_MAX_NUMBER_FIELDS,
        )
    else:
        fields = list(request.POST.dict().items())
    return {name: value.replace("\r\n", "\n") for name, value in fields}
