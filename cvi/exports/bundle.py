"""A zip of an export: the manifest first, then the files, streamed; the same bytes each time."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

from cvi.exports.manifest import Manifest

MANIFEST = "manifest.json"
_PACKED = frozenset({".parquet", ".xlsx"})  # compressed by themselves
_QUICK = 3  # level of compression: most of the gain for a third of the time
_BLOCK = 1024 * 1024


def bundle(
    path: Path,
    manifest: Manifest,
    files: Sequence[Path],
    *,
    step: Callable[[int], None] = lambda _bytes: None,
) -> None:
    """Zip `files` with the manifest; the archive appears only when it is complete.

    Its entries carry the time of the manifest, so that the same content gives the same bytes.
    `step` is told the bytes taken in so far.
    """
    part = path.with_name(path.name + ".part")
    taken = 0
    try:
        with zipfile.ZipFile(part, "w") as archive:
            text = json.dumps(manifest.as_dict(), indent=1, ensure_ascii=False)
            archive.writestr(_entry(MANIFEST, manifest), text.encode())
            for file in files:
                with (
                    file.open("rb") as source,
                    archive.open(_entry(file.name, manifest), "w", force_zip64=True) as target,
                ):
                    while block := source.read(_BLOCK):
                        target.write(block)
                        taken += len(block)
                        step(taken)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _entry(name: str, manifest: Manifest) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, date_time=manifest.made_at.timetuple()[:6])
    entry.external_attr = 0o644 << 16
    packed = Path(name).suffix in _PACKED
    entry.compress_type = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
    entry._compresslevel = _QUICK  # type: ignore[attr-defined]  # noqa: SLF001 - public in 3.13
    return entry
