"""How the list of conversations is shown: sorted by what, which page, which columns; and its link.

Names in links are those of columns, never labels, so that a link outlives another wording.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from cvi.selection.address import Query

KEYS = ("sort", "order", "page", "columns")
NEWEST = "started_at"
_ORDERS = {"desc": True, "asc": False}
_BETWEEN = "."  # needs no escape in a link, and no column has one
_MOST_DIGITS = 9


@dataclass(frozen=True, slots=True)
class Listing:
    """The list as somebody left it. No `columns` are the usual ones; pages are counted from 1."""

    sort: str = NEWEST
    descending: bool = True
    page: int = 1
    columns: tuple[str, ...] = ()

    def by(self, sort: str, *, descending: bool) -> Listing:
        """Sorted otherwise: from the beginning again."""
        return replace(self, sort=sort, descending=descending, page=1)

    @property
    def order(self) -> Listing:
        """What is left of it on the page of one conversation: the order to walk in."""
        return Listing(self.sort, self.descending)


def to_query(listing: Listing) -> Query:
    """The parameters that say it; what is as usual is left out."""
    found: Query = {}
    if listing.sort != NEWEST:
        found["sort"] = [listing.sort]
    if not listing.descending:
        found["order"] = ["asc"]
    if listing.page > 1:
        found["page"] = [str(listing.page)]
    if listing.columns:
        found["columns"] = [_BETWEEN.join(listing.columns)]
    return found


def from_query(
    query: Mapping[str, Sequence[str]], *, sorts: Collection[str], columns: Collection[str]
) -> tuple[Listing, list[str]]:
    """The listing a link says, and what could not be understood, in sentences.

    `sorts` and `columns` are the names that exist.
    """
    given = {key: query[key][0] for key in KEYS if query.get(key)}
    problems: list[str] = []
    sort, order = given.get("sort", NEWEST), given.get("order", "desc")
    if sort not in sorts:
        problems.append(f"The list cannot be sorted by {sort!r}; it is sorted by time.")
        sort = NEWEST
    if order not in _ORDERS:
        problems.append(f"There is no order {order!r}; there are asc and desc.")
    found = Listing(sort, _ORDERS.get(order, True), _page(given.get("page", "1"), problems))
    return replace(found, columns=_columns(given.get("columns", ""), columns, problems)), problems


def _page(text: str, problems: list[str]) -> int:
    if text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS and int(text) > 0:
        return int(text)
    problems.append(f"There is no page {text!r}; this is the first.")
    return 1


def _columns(text: str, names: Collection[str], problems: list[str]) -> tuple[str, ...]:
    given = dict.fromkeys(name for name in text.split(_BETWEEN) if name)
    problems += [f"There is no column {name!r}." for name in given if name not in names]
    return tuple(name for name in given if name in names)
