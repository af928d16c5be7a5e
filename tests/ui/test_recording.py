"""Which addresses the player takes: what came from outside must not open files of this machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from cvi.ui.recording import playable


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "recordings"
    made.mkdir()
    (made / "call one.mp4").write_bytes(b"x")
    (made / "keys.txt").write_bytes(b"x")
    (tmp_path / "outside.mp4").write_bytes(b"x")
    (made / "link.mp4").symlink_to(tmp_path / "outside.mp4")
    return made


def test_web_addresses_and_files_of_the_folder_play(folder: Path) -> None:
    path = folder / "call one.mp4"
    assert playable("https://example.com/a.mp4", folder) == "https://example.com/a.mp4"
    for uri in ("call one.mp4", str(path), path.as_uri()):
        assert playable(uri, folder) == str(path)


@pytest.mark.parametrize(
    "uri",
    ["s3://bucket/key", "gone.mp4", "keys.txt", "../outside.mp4", "/etc/passwd", "link.mp4",
     "file:///etc/passwd", "javascript:alert(1)", "https://", "a\0.mp4", "", "x" * 5000,
     "http://[", "https://[half/a.mp4", "//[x"],
)  # fmt: skip
def test_nothing_else_does(uri: str, folder: Path) -> None:
    assert playable(uri, folder) is None
