"""The `cvi` command."""

from cvi.cli import data, running, takeaway, upkeep  # noqa: F401 - importing registers commands
from cvi.cli.main import main

__all__ = ["main"]
