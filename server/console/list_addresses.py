"""The addresses of a served list: its own, and what its routes are called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from flask import request, url_for

if TYPE_CHECKING:
    from server.console.listing import Listing


@dataclass(frozen=True)
class Served:
    """`index` is the endpoint of the area that shows the list."""

    listing: Listing
    index: str = "index"

    def endpoint(self, kind: str) -> str:
        return f"{self.listing.name}_{kind}"

    def address(self, query: str = "") -> str:
        """The list itself, with these conditions."""
        path = url_for(f".{self.index}", **self._parts())
        return f"{path}?{query}" if query else path

    def url(self, kind: str, **parts: Any) -> str:
        return url_for(f".{self.endpoint(kind)}", **self._parts(), **parts)

    def conditions(self, values: Mapping[str, str]) -> str:
        """Filters, search and sort among what was sent, as an address carries them."""
        return urlencode({name: values[name] for name in self.listing.argument_names if values.get(name)})

    def _parts(self) -> dict[str, Any]:
        return {
            name: value for name, value in (request.view_args or {}).items() if name in self.listing.takes
        }
