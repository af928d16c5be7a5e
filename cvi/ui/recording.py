"""The recording of a conversation, when there is one that a browser can play."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

import streamlit as st

from cvi.ui import workbench
from cvi.ui.literal import literal

_SOUND = frozenset({".mp3", ".wav", ".m4a", ".ogg", ".oga", ".flac", ".aac"})
_PICTURE = frozenset({".mp4", ".webm", ".mov", ".m4v", ".ogv"})
FOLDER = "recordings"


def player(uri: str | None) -> bool:
    """Draw the player; False when there is none. Its container's key is what the timeline seeks in.

    The address came from outside, so of this machine's files only those in the data folder's
    `recordings` are ever played.
    """
    if not uri:
        return False
    source = playable(uri, workbench.ports().settings.data_dir / FOLDER)
    if source is None:
        st.caption(
            f":material/movie: Recording: {literal(uri, limit=120)}",
            help="A browser cannot play this address. A web address, or a file in the folder "
            "`recordings` of the data folder, plays here, locked to the timeline.",
        )
        return False
    with (
        st.expander("Recording", icon=":material/play_circle:", expanded=True),
        st.container(key="recording"),
    ):
        if Path(urlsplit(source).path).suffix.lower() in _SOUND:
            st.audio(source)
        else:
            st.video(source, width=480)
    return True


def playable(uri: str, folder: Path) -> str | None:
    """What the player takes: a web address, or a file that exists in `folder`; else None."""
    try:
        parts = urlsplit(uri)
    except ValueError:  # half an IPv6 address, say
        return None
    if parts.scheme in ("http", "https") and parts.netloc:
        return uri
    if parts.scheme not in ("", "file"):
        return None
    path = Path(unquote(parts.path) if parts.scheme else uri)
    try:
        found = (folder / path).resolve()  # an absolute path replaces the folder
        inside = found.is_relative_to(folder.resolve()) and found.is_file()
    except (OSError, ValueError):
        return None
    return str(found) if inside and found.suffix.lower() in _SOUND | _PICTURE else None
