"""Frames → files. Pure: what is written is decided by the caller."""

from cvi.exports.bundle import MANIFEST, bundle
from cvi.exports.columns import described
from cvi.exports.files import WRITERS, count_rows, read_parts, write
from cvi.exports.manifest import Column, Manifest, Table

__all__ = [
    "MANIFEST", "WRITERS", "Column", "Manifest", "Table", "bundle", "count_rows", "described",
    "read_parts", "write",
]  # fmt: skip
