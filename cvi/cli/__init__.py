"""The `cvi` command."""

from cvi.cli import (  # noqa: F401 - importing registers commands
    data,
    report,
    running,
    takeaway,
    upkeep,
)
from cvi.cli.main import main

__all__ = ["main"]
