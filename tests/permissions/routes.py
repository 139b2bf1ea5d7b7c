"""Every route that the URL configuration knows."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.urls import URLPattern, URLResolver, get_resolver, reverse

PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)")


@dataclass(frozen=True)
class Route:
    """`name` is with its namespace; a route without one is called by its pattern."""

    name: str
    pattern: str

    @property
    def takes(self) -> list[str]:
        return [word or other for word, other in PARAMETER.findall(self.pattern)]

    def url(self, values: Mapping[str, object]) -> str:
        if self.name != self.pattern:
            return reverse(self.name, kwargs={name: values[name] for name in self.takes})
        return self.path(values)

    def path(self, values: Mapping[str, object]) -> str:
        """The address with these values as they are, be they possible or not."""
        filled = PARAMETER.sub(lambda found: str(values[found[1] or found[2]]), self.pattern)
        return "/" + re.sub(r"[\^$]", "", filled)


def routes() -> list[Route]:
    return list(_below(get_resolver(), "", ""))


def _below(resolver: URLResolver, prefix: str, namespace: str) -> Iterator[Route]:
    for entry in resolver.url_patterns:
        pattern = prefix + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield Route(f"{namespace}{entry.name}" if entry.name else pattern, pattern)
        else:
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from _below(entry, pattern, inner)
