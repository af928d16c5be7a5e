"""Where the files that ship with the project are: `data/` in a checkout, `cvi/_data` in a wheel."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def project_root() -> Path:
    """Folder that holds app.py and pages/: the checkout, or the package itself in a wheel."""
    beside = _PACKAGE.parent
    return beside if (beside / "app.py").is_file() else _PACKAGE / "_app"


def resource(name: str) -> Path:
    """Path of a shipped file, e.g. `models/sentiment.npz`. It may not exist yet in a checkout."""
    beside = _PACKAGE.parent / "data"
    return (beside if beside.is_dir() else _PACKAGE / "_data") / name
