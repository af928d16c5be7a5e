"""Wiring: settings in, an open and migrated store out. Nothing else happens here."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from itsdangerous import TimestampSigner

from cvi.analysis.analyse import METRICS
from cvi.errors import SettingsError, StoreError
from cvi.resources import project_root
from cvi.settings import Settings, faults, load_settings
from cvi.store.engine import UNREACHABLE, DatabaseError, Engine, open_engine
from cvi.store.migrate import migrate

# How long a page may use its pass to begin listening; it gets a new one when it is drawn again.
PASS_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Ports:
    """What the verbs work on: settings, the open database, the workspace they serve."""

    settings: Settings
    engine: Engine
    workspace: str


def settings_here(
    environ: Mapping[str, str] | None = None, *, data_dir: Path | None = None
) -> Settings:
    """Settings from the environment, then `.streamlit/secrets.toml` here or in the project."""
    given = os.environ if environ is None else environ
    return load_settings(given, secrets=_secrets_file(), data_dir=data_dir)


def settings_faults() -> list[SettingsError]:
    """Everything that is wrong with the settings here."""
    return faults(os.environ, secrets=_secrets_file())


def _secrets_file() -> Path | None:
    places = (Path.cwd(), project_root())
    files = [place / ".streamlit" / "secrets.toml" for place in places]
    return next((file for file in files if file.is_file()), None)


def open_ports(settings: Settings, *, upgrade: bool = True) -> Ports:
    """Open the store and bring it to the present shape.

    Raises StoreError, with the way out, when the database cannot be reached.
    """
    engine = open_engine(settings.store_url)
    try:
        if upgrade:
            migrate(engine, METRICS)
    except UNREACHABLE as error:
        raise StoreError(
            f"The database does not answer: {_plain(error)}.",
            hint="Check CVI_DATABASE_URL, and that the server is up.",
        ) from error
    except DatabaseError as error:
        raise StoreError(
            f"The database cannot be used: {_plain(error)}.",
            hint="Check that CVI_DATABASE_URL names a database of this program.",
        ) from error
    return Ports(settings, engine, settings.workspace)


def _plain(error: Exception) -> str:
    lines = str(getattr(error, "orig", None) or error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__


def webhook_token(settings: Settings) -> str:
    """The tokens in force; generated once into the data folder when none is configured.

    Raises StoreError when the folder cannot be written.
    """
    if settings.webhook_tokens:
        return settings.webhook_tokens
    path = settings.data_dir / "webhook_token"
    try:
        return _kept_secret(path)
    except OSError as error:
        raise StoreError(
            f"{path} cannot be used: {error.strerror}.",
            hint="Set CVI_DATA_DIR to a folder of your own, or CVI_WEBHOOK_TOKEN.",
        ) from error


def live_signer(settings: Settings) -> TimestampSigner:
    """Signs and checks the passes with which open pages may listen to the live stream.

    Its key is generated once into the data folder, or, where that cannot be written, for this
    process: it is the one that signs and checks. A pass counts for one workspace.
    """
    try:
        key = _kept_secret(settings.data_dir / "live_key")
    except OSError:
        key = _passing_secret()
    return TimestampSigner(key, salt=f"live:{settings.workspace}", digest_method=hashlib.sha256)


@cache
def _passing_secret() -> str:
    return secrets.token_urlsafe(32)


def _kept_secret(path: Path) -> str:
    if not path.exists():
        _generate(path)
    return path.read_text().strip()


def _generate(path: Path) -> None:
    """Write a new secret whole, or not at all: another process may do the same at this moment."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_urlsafe(32))
    try:
        os.link(part, path)
    except FileExistsError:
        return  # the other one was first
    finally:
        part.unlink()
