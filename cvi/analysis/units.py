"""Figures in words: one way to print a value of each unit, wherever it is shown."""

from __future__ import annotations

import math

MISSING = "not measurable"
_SHARES = frozenset({"share", "yes = 1"})


def shown(value: float | None, unit: str) -> str:
    """A value with its unit, for a reader: 0.734 of a share is 73 %, 312 s are 5:12 min."""
    if value is None or not math.isfinite(value):
        return MISSING
    if unit in _SHARES:
        return f"{100 * value:.0f} %" if value >= 0.1 or value == 0 else f"{100 * value:.1f} %"
    if unit == "score":
        return f"{_zero(value, 2):+.2f}".replace("+0.00", "0.00")
    if unit == "s":
        return _seconds(value)
    return _plain(value, unit)


def shown_change(value: float, unit: str) -> str:
    """A difference of two values, always with its sign."""
    if unit in _SHARES:
        return f"{_zero(100 * value, 0):+.0f} pp"
    if unit == "s":
        sign = "+" if value >= 0 else "-"
        return sign + _seconds(abs(value))
    if unit == "score":
        return f"{_zero(value, 2):+.2f}"
    return f"{_zero(value, 1):+.1f}".removesuffix(".0")


def is_flat(value: float, unit: str) -> bool:
    """Would the difference be printed as nothing?"""
    return not any(sign in "123456789" for sign in shown_change(value, unit))


def suffix(unit: str) -> str:
    """What to print after a bare number on an axis or in a column head."""
    return {"share": "%", "yes = 1": "%", "s": "seconds", "points": "points of 100"}.get(unit, unit)


def _plain(value: float, unit: str) -> str:
    if unit.startswith("per "):
        return f"{value:.1f} {unit.removesuffix(' turns')}"
    return f"{value:.0f}" if unit == "points" else _count(value)


def _count(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 10 or value == round(value) else f"{value:.1f}"


def _seconds(value: float) -> str:
    if value < 60:
        return f"{value:.2f} s" if value < 10 else f"{value:.1f} s"
    whole = round(value)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def _zero(value: float, digits: int) -> float:
    """Rounded, and never minus zero."""
    return round(value, digits) + 0.0
