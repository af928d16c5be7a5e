"""Wiring: settings in, an open and migrated store out. Nothing else happens here."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from cvi.analysis.analyse import METRICS
from cvi.errors import StoreError
from cvi.resources import project_root
from cvi.settings import Settings, load_settings
from cvi.store.engine import open_engine
from cvi.store.migrate import migrate


@dataclass(frozen=True, slots=True)
class Ports:
    """What the verbs work on: settings, the open database, the workspace they serve."""

    settings: Settings
    engine: sa.Engine
    workspace: str


def settings_here(
    environ: Mapping[str, str] | None = None, *, data_dir: Path | None = None
) -> Settings:
    """Settings of this process: environment, then `.streamlit/secrets.toml` here or in the project."""
    places = (Path.cwd(), project_root())
    files = [place / ".streamlit" / "secrets.toml" for place in places]
    secrets_file = next((file for file in files if file.is_file()), None)
    given = os.environ if environ is None else environ
    return load_settings(given, secrets=secrets_file, data_dir=data_dir)


def open_ports(settings: Settings, *, upgrade: bool = True) -> Ports:
    """Open the store and bring it to the present shape.

    Raises StoreError, with the way out, when the database cannot be reached.
    """
    engine = open_engine(settings.store_url)
    try:
        if upgrade:
            migrate(engine, METRICS)
    except sa.exc.OperationalError as error:
        raise StoreError(
            f"The database does not answer: {_plain(error)}.",
            hint="Check CVI_DATABASE_URL, and that the server is up.",
        ) from error
    return Ports(settings, engine, settings.workspace)


def _plain(error: sa.exc.OperationalError) -> str:
    return str(error.orig).strip().splitlines()[0].rstrip(".")


def webhook_token(settings: Settings) -> str:
    """The tokens in force; generated once into the data folder when none is configured."""
    if settings.webhook_tokens:
        return settings.webhook_tokens
    path = settings.data_dir / "webhook_token"
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(handle, "w") as file:
        file.write(token := secrets.token_urlsafe(32))
    return token
