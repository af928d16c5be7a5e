"""Every error the workbench raises on purpose, in one tree.

CviError
├── SettingsError       a setting is missing or malformed
├── BadInput            outside data cannot be read: says what, where and how to mend it
├── Unauthorized        a caller could not prove who it is
├── TooLarge            a body or file is over its limit
├── Busy                try again later (carries the seconds to wait)
├── NotFound            no row with that identity
└── StoreError          the database is unreachable, too old or refuses the operation
"""

from __future__ import annotations


class CviError(Exception):
    """Base of the tree. `hint` tells the reader how to mend the situation."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        if not self.hint:
            return self.message
        stop = "" if self.message.endswith((".", "!", "?", ":")) else "."
        return f"{self.message}{stop} {self.hint}"


class SettingsError(CviError):
    """A setting is missing or malformed."""


class BadInput(CviError):
    """Outside data cannot be read. `where` names the file, line or field."""

    def __init__(self, message: str, *, where: str = "", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.where = where

    def __str__(self) -> str:
        return f"{self.where}: {super().__str__()}" if self.where else super().__str__()


class Unauthorized(CviError):
    """The caller could not prove who it is."""


class TooLarge(CviError):
    """A body or file is over its limit (`limit` in bytes)."""

    def __init__(self, message: str, *, limit: int, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.limit = limit


class Busy(CviError):
    """The queue is full; `retry_after` is in seconds."""

    def __init__(self, message: str, *, retry_after: int, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.retry_after = retry_after


class NotFound(CviError):
    """No row with that identity."""


class StoreError(CviError):
    """The database is unreachable, too old, or refuses the operation."""
