"""Frames → files. Pure: what is written is decided by the caller."""

from cvi.exports.files import WRITERS, write

__all__ = ["WRITERS", "write"]
