"""Archives: chosen tables in one file, made part by part, so that a stop anywhere is made good.

A folder holds the plan (settled once), the parts read so far and the files written so far; each
appears only when it is whole. Whoever builds the same order in the same folder again goes on from
there and comes to the same bytes.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from cvi.bootstrap import Ports
from cvi.exports import Manifest, bundle, count_rows, read_parts, write
from cvi.jobs.exporting import (
    EVENTS,
    NAMES,
    TABLES,
    ZIPPED,
    Chosen,
    described_table,
    event_helpings,
    event_pieces,
    event_rows,
    manifest_of,
    pieces,
)
from cvi.store import facts

Step = Callable[[int, int, str], None]  # done, of how much, in words
Reach = Callable[[str], None]
WHOLE = 1000
_READ, _WRITTEN = 650, 950  # of the whole, when all is read, and when all files are written
_NOTE = (
    "What arrived while the archive was being made may be in one table and not in another; the "
    "events are those that were there when it began."
)


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody wants: the name of the file, its tables, their format, which conversations."""

    name: str
    tables: tuple[str, ...] = NAMES
    format: str = "parquet"
    chosen: Chosen = field(default_factory=Chosen)

    def data(self) -> dict[str, Any]:
        """As it is kept."""
        return {
            "name": self.name,
            "tables": list(self.tables),
            "format": self.format,
            "chosen": self.chosen.data(),
        }

    @classmethod
    def of(cls, data: dict[str, Any]) -> Order:
        """The order that `data` kept."""
        chosen = Chosen.of(data["chosen"])
        return cls(data["name"], tuple(data["tables"]), data["format"], chosen)

    @property
    def file(self) -> str:
        """The name of the finished file."""
        return f"{self.name}.{'zip' if self.format in ZIPPED else self.format}"


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is settled when it begins: which conversations in which pieces, up to which event."""

    order: Order
    made_at: datetime
    pieces: list[list[str]]
    last_seq: int

    def files(self, folder: Path) -> list[Path]:
        """The files of the archive. Events are JSON lines always: they are what is imported."""
        kind = self.order.format
        return [
            folder / "files" / f"{table}.{'jsonl' if table == EVENTS else kind}"
            for table in self.order.tables
        ]


def build(
    ports: Ports,
    folder: Path,
    order: Order,
    *,
    step: Step = lambda _done, _of, _words: None,
    reach: Reach = lambda _point: None,
) -> Path:
    """Make the archive in `folder` and return its path, going on from whatever is there already.

    Memory is bounded by one part. `step` may raise to stop; `reach` is for tests, which stop the
    process at named points.
    """
    target = folder / order.file
    if not target.exists():
        _make(ports, folder, order, step, reach)
    for name in ("parts", "files"):
        shutil.rmtree(folder / name, ignore_errors=True)
    (folder / "plan.json").unlink(missing_ok=True)
    return target


def _make(ports: Ports, folder: Path, order: Order, step: Step, reach: Reach) -> None:
    plan = _planned(ports, folder, order)
    reach("planned")
    for part in _gather(ports, folder, plan):
        step(*part)
        reach("part")
    manifest = _manifest(folder, plan)
    for number, path in enumerate(plan.files(folder)):
        _write(folder, plan, manifest, number, path, step)
        reach("file")
    _close(folder, plan, manifest, step)
    reach("closed")


# --- the plan ------------------------------------------------------------------------------------


def _planned(ports: Ports, folder: Path, order: Order) -> _Plan:
    """The plan that is there, if it is for this order; else a new one, and nothing beside it."""
    path = folder / "plan.json"
    if path.exists():
        kept = json.loads(path.read_text(encoding="utf-8"))
        if kept["order"] == order.data():
            made_at = datetime.fromisoformat(kept["made_at"])
            return _Plan(order, made_at, kept["pieces"], kept["last_seq"])
        for name in ("parts", "files"):
            shutil.rmtree(folder / name, ignore_errors=True)
    plan = _Plan(
        order,
        datetime.now(UTC).replace(microsecond=0),
        pieces(ports, order.chosen) or [[]],
        facts.last_seq(ports.engine, workspace=ports.workspace),
    )
    folder.mkdir(parents=True, exist_ok=True)
    text = {
        "order": order.data(),
        "made_at": plan.made_at.isoformat(),
        "pieces": plan.pieces,
        "last_seq": plan.last_seq,
    }
    part = path.with_name("plan.json.part")
    part.write_text(json.dumps(text), encoding="utf-8")
    part.replace(path)
    return plan


# --- reading -------------------------------------------------------------------------------------


def _gather(ports: Ports, folder: Path, plan: _Plan) -> Iterator[tuple[int, int, str]]:
    """Read everything into parts; yields how far it has got after each."""
    total = sum(map(len, plan.pieces))
    whole_events = EVENTS in plan.order.tables and plan.order.chosen.whole
    share = _READ * 2 // 3 if whole_events else _READ
    done = 0
    for number, piece in enumerate(plan.pieces):
        for table in plan.order.tables:
            path = _parts(folder, table) / f"{number:06d}.parquet"
            if not path.exists() and not (table == EVENTS and whole_events):
                write(_read(ports, table, piece), path)
        done += len(piece)
        words = f"Read {done:,} of {total:,} conversations"
        yield share * done // max(total, 1), WHOLE, words
    if whole_events:
        for seq in _gather_events(ports, folder, plan.last_seq):
            more = (_READ - share) * seq // max(plan.last_seq, 1)
            yield share + more, WHOLE, "Reading events"


def _read(ports: Ports, table: str, ids: list[str]) -> Iterator[pd.DataFrame]:
    if table in TABLES:
        yield TABLES[table](ports, ids)
    else:
        yield event_rows([])  # also a part without rows has its columns
        yield from event_pieces(ports, ids)


def _gather_events(ports: Ports, folder: Path, last_seq: int) -> Iterator[int]:
    """Each part is named after the event it ends with, so the next begins after the last part."""
    done = [int(path.stem) for path in _parts(folder, EVENTS).glob("*.parquet")]
    for frame, at in event_helpings(ports, max(done, default=0), last_seq):
        write([frame], _parts(folder, EVENTS) / f"{at:020d}.parquet")
        yield at


def _parts(folder: Path, table: str) -> Path:
    return folder / "parts" / table


def _parts_of(folder: Path, table: str) -> list[Path]:
    return sorted(_parts(folder, table).glob("*.parquet"))


# --- writing -------------------------------------------------------------------------------------


def _manifest(folder: Path, plan: _Plan) -> Manifest:
    tables = []
    for name, path in zip(plan.order.tables, plan.files(folder), strict=True):
        columns = next(_rows(folder, name)).columns
        about = described_table(name, columns, count_rows(_parts_of(folder, name)))
        tables.append(about.called(path.name))
    made = manifest_of(plan.order.chosen, tables, made_at=plan.made_at)
    return made.noted(_NOTE) if len(tables) > 1 else made


def _rows(folder: Path, table: str) -> Iterator[pd.DataFrame]:
    if table == EVENTS:
        yield event_rows([])  # a workspace without events still has the columns
    yield from read_parts(_parts_of(folder, table))


def _write(
    folder: Path, plan: _Plan, manifest: Manifest, number: int, path: Path, step: Step
) -> None:
    if path.exists():
        return
    about, of = manifest.tables[number], len(manifest.tables)

    def told() -> Iterator[pd.DataFrame]:
        done = 0
        for chunk in _rows(folder, plan.order.tables[number]):
            yield chunk
            done += len(chunk)
            share = (number + done / max(about.rows or 0, 1)) / of
            words = f"Writing {path.name}: {done:,} of {about.rows or 0:,} rows"
            step(_READ + int((_WRITTEN - _READ) * share), WHOLE, words)

    write(told(), path, table=about, manifest=manifest)


def _close(folder: Path, plan: _Plan, manifest: Manifest, step: Step) -> None:
    files = plan.files(folder)
    target = folder / plan.order.file
    if plan.order.format not in ZIPPED:
        files[0].replace(target)  # a workbook is one file already
        return
    total = sum(path.stat().st_size for path in files)

    def packing(taken: int) -> None:
        step(_WRITTEN + (WHOLE - _WRITTEN) * taken // max(total, 1), WHOLE, "Packing")

    bundle(target, manifest, files, step=packing)
