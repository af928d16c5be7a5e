"""JSON values in one form, so that one happening reads alike whatever wrote it down.

A relay in JavaScript turns 2.0 into 2, a file reader turns NaN into null, and no database stores
NUL or half a surrogate pair: all of that is settled here, before anything is compared or kept.
"""

from __future__ import annotations

import json
import math
from typing import Any

from cvi.errors import BadInput

# Deeper than any callback, and far from the recursion limit of whatever handles it next.
DEEPEST = 200

_EXACT = 2**53  # up to here a float holds every integer
_INT_CHARACTERS = 20  # of the longest 64-bit integer


def plain(value: Any, depth: int = 0) -> Any:  # noqa: ANN401 - any JSON value
    """`value` with integral floats as integers, no NaN or infinity, and storable text.

    Raises BadInput when it is nested deeper than DEEPEST.
    """
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _number(value)
    if isinstance(value, dict | list):
        if depth >= DEEPEST:
            raise BadInput(f"nested deeper than {DEEPEST} levels")
        if isinstance(value, list):
            return [plain(each, depth + 1) for each in value]
        return {storable(str(key)): plain(each, depth + 1) for key, each in value.items()}
    return value


def storable(text: str) -> str:
    """Text that every database can store: no NUL, no lone surrogates."""
    clean = text.replace("\x00", "") if "\x00" in text else text
    if clean.isascii():
        return clean
    try:
        clean.encode()
    except UnicodeEncodeError:
        return clean.encode("utf-8", "replace").decode()
    return clean


def lenient_json(text: str | bytes) -> Any:  # noqa: ANN401 - any JSON value
    """Parse JSON that also holds NaN, lone surrogates or endless integers.

    Raises ValueError with the reason, for what is nested too deeply as well.
    """
    try:
        return json.loads(text, parse_int=_int)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _number(value: float) -> int | float | None:
    if isinstance(value, int):
        return value if -(2**63) <= value < 2**64 else _finite(value)
    if not math.isfinite(value):
        return None
    return int(value) if value.is_integer() and abs(value) < _EXACT else value


def _finite(value: int) -> float | None:
    try:
        return float(value)
    except OverflowError:
        return None


def _int(text: str) -> int | float:
    # Python refuses to convert more than 4300 digits.
    return int(text) if len(text) <= _INT_CHARACTERS else float(text)
