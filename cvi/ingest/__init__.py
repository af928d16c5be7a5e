"""The file doors: a path or an upload in, Tavus-shaped payloads and problems out. Pure.

Importing the readers registers them.
"""

from cvi.ingest import archive, events, subtitles, table, tavus, transcripts  # noqa: F401
from cvi.ingest.cells import ALIASES, guess_mapping
from cvi.ingest.detect import detect, expand, likely
from cvi.ingest.item import READERS, Header, Item, Options, Problem, Reader
from cvi.ingest.preview import Preview, preview, read
from cvi.ingest.source import Source

__all__ = [
    "ALIASES",
    "READERS",
    "Header",
    "Item",
    "Options",
    "Preview",
    "Problem",
    "Reader",
    "Source",
    "detect",
    "expand",
    "guess_mapping",
    "likely",
    "preview",
    "read",
]
