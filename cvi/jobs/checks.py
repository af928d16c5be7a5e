"""What is configured, what is reachable, what is unsafe: for the doctor and the status page."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import httpx

from cvi.analysis.analyse import METRICS, VERSION
from cvi.bootstrap import Ports, open_ports
from cvi.errors import CviError, SettingsError
from cvi.settings import Settings, described
from cvi.store import operations, queue
from cvi.store.engine import DatabaseError, database_label
from cvi.store.migrate import revision, revisions


@dataclass(frozen=True, slots=True)
class Check:
    """One finding. `state` is ok, note, warning or bad; `hint` says what to do."""

    what: str
    state: str
    found: str
    hint: str = ""

    def as_dict(self) -> dict[str, str]:
        """For --json."""
        return asdict(self)


def run_checks(settings: Settings) -> list[Check]:
    """All findings. Never raises for what it is there to find."""
    checks = [*_configured(settings), _proof(settings), _exposure(settings), _server_extras()]
    try:
        here = open_ports(settings)
    except CviError as error:
        return [*checks, Check("Database", "bad", error.message, error.hint)]
    return [*checks, *_stored(here), *_reachable(settings)]


def settings_checks(wrong: Sequence[SettingsError]) -> list[Check]:
    """A finding for everything that is wrong with the settings: nothing else can be asked then."""
    return [Check("Settings", "bad", each.message, each.hint) for each in wrong]


def _configured(settings: Settings) -> list[Check]:
    secret = {name for name, _, _, is_secret in described() if is_secret}
    wanted = ("TAVUS_API_KEY", "TAVUS_WEBHOOK_SECRET", "OPENAI_API_KEY", "ANTHROPIC_API_KEY")
    fields = {
        "TAVUS_API_KEY": settings.tavus_api_key,
        "TAVUS_WEBHOOK_SECRET": settings.webhook_secrets,
        "OPENAI_API_KEY": settings.openai_api_key,
        "ANTHROPIC_API_KEY": settings.anthropic_api_key,
    }
    return [
        Check(name, "ok" if fields[name] else "note", "set" if fields[name] else "not set")
        for name in wanted
        if name in secret
    ]


def _proof(settings: Settings) -> Check:
    meaning = {
        "any": "a secret URL token or a signature",
        "token": "a secret URL token",
        "signature": "a signature",
        "both": "a secret URL token and a signature",
    }
    if settings.webhook_auth == "none":
        return Check(
            "Callbacks",
            "warning",
            "accepted without any proof, from this machine only",
            "Unset CVI_WEBHOOK_AUTH before anybody else can reach this server.",
        )
    return Check("Callbacks", "ok", f"need {meaning[settings.webhook_auth]}")


def _exposure(settings: Settings) -> Check:
    if settings.host in ("127.0.0.1", "localhost", "::1"):
        return Check("Address", "ok", f"{settings.host}, reachable from this machine only")
    return Check(
        "Address",
        "warning",
        f"{settings.host}: the pages are open to whoever reaches this address",
        "Put a proxy that signs people in before the pages, or set CVI_HOST=127.0.0.1.",
    )


def _server_extras() -> Check:
    missing = [name for name in ("uvloop", "httptools") if not importlib.util.find_spec(name)]
    if missing:
        return Check(
            "Server speed",
            "warning",
            f"{', '.join(missing)} missing: every response takes some 40 ms longer",
            "Install streamlit[performance].",
        )
    return Check("Server speed", "ok", "uvloop and httptools are in use")


def _stored(here: Ports) -> list[Check]:
    try:
        return store_checks(here)
    except DatabaseError as error:  # it went away while it was being asked
        return [Check("Database", "bad", f"refuses to be read ({type(error).__name__})")]


def store_checks(here: Ports) -> list[Check]:
    """Findings about an open store."""
    at, newest = revision(here.engine), revisions()[-1]
    stale = len(operations.stale_versions(here.engine, workspace=here.workspace, version=VERSION))
    waiting = queue.state(here.engine, workspace=here.workspace)
    found = [
        _database(here, at, newest),
        Check(
            "Analysis",
            "ok" if not stale else "note",
            f"version {VERSION}, {len(METRICS)} metrics, {stale} conversations of another version",
            "" if not stale else "Run: cvi reanalyse",
        ),
        Check(
            "Queue",
            "warning" if waiting.lag_s > 30 else "ok",
            f"{waiting.pending} waiting, oldest {waiting.lag_s:.0f} s, {waiting.dead} failed",
            "Is a worker running? cvi worker" if waiting.lag_s > 30 else "",
        ),
    ]
    return [*found, *_private_file(here.settings)]


def _database(here: Ports, at: str | None, newest: str) -> Check:
    label = f"{database_label(here.engine)}, revision {at}"
    if at != newest:
        return Check("Database", "bad", label, "Run: cvi migrate")
    if refused := operations.refuses_writes(here.engine):
        hint = "Nothing new can be stored. Give this user the right to write, or free the disk."
        return Check("Database", "bad", f"{label}: cannot be written ({refused})", hint)
    return Check("Database", "ok", label)


def _private_file(settings: Settings) -> list[Check]:
    path = settings.data_dir / "webhook_token"
    if not path.exists() or os.name != "posix" or not path.stat().st_mode & 0o077:
        return []
    return [Check("Token file", "bad", f"{path} can be read by others", f"Run: chmod 600 {path}")]


def _reachable(settings: Settings) -> list[Check]:
    if not settings.tavus_api_key:
        return []
    address = f"{settings.tavus_base_url}/v2/conversations?limit=1"
    try:
        reply = httpx.get(address, headers={"x-api-key": settings.tavus_api_key}, timeout=5)
    except httpx.HTTPError as error:
        return [
            Check("Tavus", "bad", f"not reachable ({type(error).__name__})", "Check the network.")
        ]
    except (httpx.InvalidURL, ValueError):  # no address, or a key no header can carry
        hint = "Check TAVUS_BASE_URL and TAVUS_API_KEY."
        return [Check("Tavus", "bad", "the address or the key is malformed", hint)]
    if reply.status_code == httpx.codes.UNAUTHORIZED:
        return [Check("Tavus", "bad", "refuses the key", "Check TAVUS_API_KEY.")]
    state = "ok" if reply.is_success else "bad"
    return [Check("Tavus", state, f"answers {reply.status_code}")]
