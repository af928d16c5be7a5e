"""The `cvi` command."""

from cvi.cli import data, running, upkeep  # noqa: F401 - importing them registers their commands
from cvi.cli.main import main

__all__ = ["main"]
