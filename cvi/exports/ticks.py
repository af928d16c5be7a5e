"""Where the ticks of an axis stand, and how d3 (which Plotly uses) writes numbers and times."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta

_NUMBER = re.compile(
    r"^(?P<sign>[+\- (])?(?P<symbol>[$#])?0?(?P<width>\d+)?(?P<comma>,)?(?:\.(?P<digits>\d+))?"
    r"(?P<trim>~)?(?P<kind>[a-zA-Z%])?$"
)
_MINUS = "−"
_PREFIXES = {-2: "µ", -1: "m", 0: "", 1: "k", 2: "M", 3: "G", 4: "T"}
_SECOND, _MINUTE, _HOUR, _DAY = 1e3, 6e4, 36e5, 864e5
_STEPS = (
    *(n * _SECOND for n in (1, 2, 5, 10, 15, 30)), *(n * _MINUTE for n in (1, 2, 5, 10, 15, 30)),
    *(n * _HOUR for n in (1, 2, 3, 6, 12)), *(n * _DAY for n in (1, 2, 7, 14)),
)  # fmt: skip
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def number(value: float, form: str = "") -> str:
    """A number in a d3 format (`.0f`, `+.2~f`, `,d`, `.0%`, `~s`); one it does not know, or none,
    writes it plainly with thousands separated."""
    found = _NUMBER.match(form) if form else None
    if found is None or not math.isfinite(value):
        return _general(value)
    kind = found["kind"] or ""
    digits = int(found["digits"]) if found["digits"] else None
    body = _body(abs(value), kind, digits, comma=bool(found["comma"]))
    if found["trim"] and "." in body:
        head, unit = (body[:-1], body[-1]) if body[-1] in "%kMGTmµ" else (body, "")
        body = head.rstrip("0").rstrip(".") + unit
    nothing = not any(sign in "123456789" for sign in body)
    sign = _MINUS if value < 0 and not nothing else "+" if found["sign"] == "+" else ""
    return f"{sign}{'$' if found['symbol'] == '$' else ''}{body}"


def _body(size: float, kind: str, digits: int | None, *, comma: bool) -> str:
    separator = "," if comma else ""
    if kind == "%":
        return f"{size * 100:{separator}.{6 if digits is None else digits}f}%"
    if kind == "d":
        return f"{size:{separator}.0f}"
    if kind == "s":
        step = min(max(int(math.log10(size) // 3) if size else 0, -2), 4)
        return f"{size / 1000.0**step:.{6 if digits is None else digits}g}{_PREFIXES[step]}"
    if kind in ("e", "g"):
        return f"{size:{separator}.{6 if digits is None else digits}{kind}}"
    if kind == "f":
        return f"{size:{separator}.{6 if digits is None else digits}f}"
    text = f"{size:{separator}.12g}" if digits is None else f"{size:{separator}.{digits}g}"
    return text.removesuffix(".0")


def _general(value: float) -> str:
    if not math.isfinite(value):
        return ""
    text = f"{abs(value):,.10g}"
    return (_MINUS if value < 0 and text != "0" else "") + text


def moment(milliseconds: float, form: str) -> str:
    """A time (ms since 1970, as it reads) in a d3 time format; `%-d` is a day without a zero."""
    stamp = _EPOCH + timedelta(milliseconds=milliseconds)

    def written(found: re.Match[str]) -> str:
        trim, code = found[1], found[2]
        text = f"{stamp.microsecond // 1000:03d}" if code == "L" else stamp.strftime(f"%{code}")
        return (text.lstrip("0") or "0") if trim else text

    return re.sub(r"%(-?)([a-zA-Z%])", written, form)


def steps(low: float, high: float, most: int, *, whole: bool = False) -> list[float]:
    """Round numbers (1, 2 or 5 times a power of ten apart) from low to high, about `most`."""
    low, high = min(low, high), max(low, high)
    if not high > low:
        return [low]
    rough = (high - low) / max(most, 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * (1 - 1e-9))
    return every(low, high, max(step, 1.0) if whole else step)


def every(low: float, high: float, step: float, start: float = 0.0) -> list[float]:
    """Multiples of `step` (counted from `start`) within the span."""
    first = math.ceil((low - start) / step - 1e-9)
    last = math.floor((high - start) / step + 1e-9)
    return [round(start + at * step, 12) for at in range(first, min(last, first + 500) + 1)]


def time_steps(low: float, high: float, most: int) -> tuple[list[float], str]:
    """Round moments from low to high, about `most`, and the format that tells them apart."""
    rough = (high - low) / max(most, 1)
    if rough > _STEPS[-1]:
        return _months(low, high, most), "%b %Y"
    step = next(step for step in _STEPS if step >= rough * 0.999)
    form = "%-d %b" if step >= _DAY else "%H:%M" if step >= _MINUTE else "%H:%M:%S"
    monday = 4 * _DAY  # 5 January 1970 was a Monday
    return every(low, high, step, monday if step >= 7 * _DAY else 0.0), form


def _months(low: float, high: float, most: int) -> list[float]:
    start = _EPOCH + timedelta(milliseconds=low)
    months = max(1, round((high - low) / (30.4 * _DAY) / max(most, 1)))
    step = next((each for each in (1, 2, 3, 6, 12) if each >= months), 12 * math.ceil(months / 12))
    found: list[float] = []
    at = start.year * 12 + start.month - 1
    while True:
        moment_ms = (datetime(at // 12, at % 12 + 1, 1, tzinfo=UTC) - _EPOCH) / timedelta(
            milliseconds=1
        )
        if moment_ms > high:
            return found
        if moment_ms >= low and at % step == 0:
            found.append(moment_ms)
        at += 1
