"""Long work: killed anywhere and resumed, cancelled, given back, cleaned up; and what it makes."""

from __future__ import annotations

import hashlib
import json
import signal
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import sqlalchemy as sa

from cvi.analysis.analyse import METRICS
from cvi.bootstrap import Ports
from cvi.errors import BadInput, NotFound
from cvi.ingest import Source, detect, preview
from cvi.jobs import archive, background, exporting, rebuild
from cvi.jobs.archive import Order
from cvi.jobs.exporting import Chosen
from cvi.jobs.importing import import_source
from cvi.jobs.settle import settle_all
from cvi.store import background as store
from cvi.store import queries
from tests.jobs import asking, processes
from tests.store.story import WORKSPACE, count, deliver, dump, event, ports_of, rows, story

KILLED = -signal.SIGKILL
LATIN = b'{"conversation_id": "c1", "event_type": "x.y", "properties": {"n": "\xe9"}}'
ODD = b'{"conversation_id": "c1",  "event_type": "x.z", "properties": {"n": 1.0, "m": NaN}}'


@pytest.fixture
def told(engine: sa.Engine, tmp_path: Path) -> Ports:
    """A settled store with seven conversations, odd bytes among their facts."""
    deliver(engine, [each for n in range(7) for each in story(f"c{n}")])
    deliver(engine, [LATIN, ODD, {"replica_id": "r1", "status": "ready"}])
    deliver(engine, [event("c2", "conversation.described", 0, persona="p", title="=1+1")])
    ports = asking.ports_in(engine, tmp_path / "here")
    settle_all(ports)
    return ports


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in small pieces, in this process."""
    monkeypatch.setattr(exporting, "ROWS", 6)
    monkeypatch.setattr(exporting, "_IDS", 2)
    monkeypatch.setattr(background, "_BEAT_S", 0.0)


def _job(ports: Ports, job_id: Any) -> store.Job:
    found = store.one(ports.engine, job_id, workspace=WORKSPACE)
    assert found is not None
    return found


def _die(ports: Ports, job_id: Any, point: str, nth: int) -> int:
    url = ports.engine.url.render_as_string(hide_password=False)
    folder = ports.settings.data_dir
    return processes.ended(processes.start(asking.work, url, folder, job_id, point, nth))


# --- resumed -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_killed_anywhere_it_comes_to_the_same_bytes(told: Ports, small: None, kind: str) -> None:
    """Kills at every kind of point of one job; the bytes are those of an undisturbed one."""
    job_id = background.ask_export(told, Order("all", format=kind))
    folder = background.folder_of(told, job_id)
    left = []
    for point, nth in (
        ("planned", 1), ("part", 1), ("part", 3), ("file", 1), ("file", 4), ("closed", 1)
    ):  # fmt: skip
        assert _die(told, job_id, point, nth) == KILLED, (point, nth)
        left.append(len(list(folder.rglob("*"))))
        assert _job(told, job_id).state == "running"
    assert left == sorted(left), "a later process threw away what an earlier one had made"
    assert _die(told, job_id, "never", 0) == 0
    job = _job(told, job_id)
    assert (job.state, job.done, job.total) == ("done", archive.WHOLE, archive.WHOLE)
    assert [path.name for path in folder.iterdir()] == ["all.zip"]

    calm = told.settings.data_dir / "calm"
    plan = json.loads(zipfile.ZipFile(folder / "all.zip").read("manifest.json"))
    undisturbed = _built_at(told, calm, kind, plan["made_at"])
    assert _digest(undisturbed) == _digest(folder / "all.zip")


def _built_at(ports: Ports, folder: Path, kind: str, made_at: str) -> Path:
    """The same order, with the plan of the other (its time is written into the archive)."""

    class _Planned(Exception):
        pass

    def stop(point: str) -> None:
        if point == "planned":
            raise _Planned

    order = Order("all", format=kind)
    with pytest.raises(_Planned):
        archive.build(ports, folder, order, reach=stop)
    plan = json.loads((folder / "plan.json").read_text())
    (folder / "plan.json").write_text(json.dumps({**plan, "made_at": made_at}))
    return archive.build(ports, folder, order)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_reanalysis_goes_on_where_it_was_killed(told: Ports) -> None:
    """Each conversation is analysed; those before the kill not again."""
    before = dump(told.engine)
    with told.engine.begin() as connection:
        connection.exec_driver_sql("update conversation_metrics set turns = 99, version = 'old'")
    job_id = background.ask_reanalysis(told, everything=True)
    assert background.ask_reanalysis(told, everything=True) == job_id, "asked twice"
    assert _die(told, job_id, "part", 3) == KILLED
    assert 0 < count(told.engine, "conversation_metrics", "version = 'old'") < 7
    assert _die(told, job_id, "part", 2) == KILLED
    assert _die(told, job_id, "never", 0) == 0
    assert dump(told.engine) == before
    job = _job(told, job_id)
    assert (job.state, job.done) == ("done", 7)


def test_a_job_that_only_kills_is_given_up(told: Ports) -> None:
    """So that it does not kill for ever; one that gets on in between is not."""
    job_id = background.ask_export(told, Order("all"))
    for _ in range(store.MOST_TAKEN):
        assert _die(told, job_id, "planned", 1) == KILLED
    assert _die(told, job_id, "planned", 1) == 0
    job = _job(told, job_id)
    assert (job.state, job.message) == ("failed", f"Its process died {store.MOST_TAKEN} times.")
    background.tidy(told)
    assert not background.folder_of(told, job_id).exists()


# --- who holds it --------------------------------------------------------------------------------


def test_only_one_has_a_job_until_its_lease_ends(told: Ports) -> None:
    """A second claim fails; after the lease it succeeds, and the first may say nothing more."""
    engine = told.engine
    job_id = store.enqueue(engine, "export", {}, workspace=WORKSPACE)
    assert store.due(engine, workspace=WORKSPACE) == job_id
    now = datetime.now(UTC)
    first = store.claim(engine, job_id, workspace=WORKSPACE, now=now)
    assert first is not None
    assert store.due(engine, workspace=WORKSPACE, now=now) is None
    assert store.claim(engine, job_id, workspace=WORKSPACE, now=now) is None
    later = now + store.LEASE + timedelta(seconds=1)
    second = store.claim(engine, job_id, workspace=WORKSPACE, now=later)
    assert second is not None
    assert store.beat(engine, first, done=5, total=9) is None
    assert not store.finish(engine, first, "mine")
    beaten = store.beat(engine, second, done=3, total=9, message="on it", kept={"after": "x"})
    assert beaten is not None
    assert store.finish(engine, beaten, "done")
    job = _job(told, job_id)
    assert (job.state, job.done, job.message, job.arguments) == ("done", 9, "done", {"after": "x"})


def test_a_stop_of_the_process_gives_the_job_back(told: Ports, small: None) -> None:
    """At once, without waiting for the lease; the next one finishes it."""
    job_id = background.ask_export(told, Order("all"))

    def stop(point: str) -> None:
        if point == "part":
            raise SystemExit(143)

    with pytest.raises(SystemExit):
        background.run(told, job_id, reach=stop)
    assert _job(told, job_id).state == "waiting"
    assert background.run(told, job_id)
    assert not background.run(told, job_id), "there is nothing left to do"


def test_a_cancelled_job_stops_and_leaves_nothing(told: Ports, small: None) -> None:
    """The process learns it at its next step."""
    job_id = background.ask_export(told, Order("all"))
    seen: list[str] = []

    def reach(point: str) -> None:
        seen.append(point)
        if point == "part":
            assert background.stop(told, job_id) == (seen.count("part") == 1)

    assert not background.run(told, job_id, reach=reach)
    assert _job(told, job_id).state == "cancelled"
    assert "closed" not in seen
    assert not background.folder_of(told, job_id).exists()
    assert store.due(told.engine, workspace=WORKSPACE) is None


def test_what_cannot_be_done_says_why(told: Ports) -> None:
    """A full disk, a folder without permission: the words of the system, and no process lost."""
    job_id = background.ask_export(told, Order("all"))
    folder = background.exports_folder(told)
    folder.parent.mkdir(parents=True)
    folder.write_text("a file where a folder should be")
    assert not background.run(told, job_id)
    job = _job(told, job_id)
    assert job.state == "failed"
    assert "Not a directory" in str(job.message)


# --- what is there -------------------------------------------------------------------------------


def test_archives_are_listed_deleted_and_limited(
    told: Ports, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Newest first, with their size; beyond the limit the oldest go, files and all."""
    monkeypatch.setattr(background, "KEPT", 2)
    ids = []
    for n in range(3):
        order = Order(f"x{n}", ("conversations",), "csv")
        ids.append(background.ask_export(told, order))
        assert background.run(told, ids[-1])
    found = background.archives(told)
    assert [each.path.name for each in found] == ["x2.zip", "x1.zip"]
    assert all(each.size == each.path.stat().st_size > 0 for each in found)
    assert not background.folder_of(told, ids[0]).exists()
    background.delete(told, ids[2])
    assert [each.job.job_id for each in background.archives(told)] == [ids[1]]
    with pytest.raises(NotFound):
        background.archive_of(told, ids[2])


def test_an_archive_says_what_is_in_it(told: Ports, small: None) -> None:
    """Rows and words for every column of every table; rows of the filter only."""
    chosen = Chosen(ids=("c5", "c2"))
    path = archive.build(told, told.settings.data_dir / "x", Order("x", chosen=chosen))
    with zipfile.ZipFile(path) as found:
        assert found.namelist()[0] == "manifest.json"
        manifest = json.loads(found.read("manifest.json"))
        frames = {
            name: pd.read_parquet(found.open(each["file"]))
            for name, each in manifest["tables"].items()
            if each["file"].endswith(".parquet")
        }
        events = [json.loads(line) for line in found.open("events.jsonl")]
    assert frames["conversations"]["conversation_id"].tolist() == ["c5", "c2"], "their order"
    assert {each["conversation_id"] for each in events} == {"c5", "c2"}
    for name, frame in frames.items():
        said = manifest["tables"][name]
        assert said["rows"] == len(frame), name
        assert [each["name"] for each in said["columns"]] == list(frame.columns), name
        assert all(each["label"] for each in said["columns"])
    about = {each["name"]: each for each in manifest["tables"]["conversations"]["columns"]}
    for name, metric in METRICS.items():
        assert about[name]["unit"] == metric.unit
        assert about[name]["meaning"] == metric.formula
    assert manifest["filters"] == {"ids": ["c5", "c2"]}


# --- back again ----------------------------------------------------------------------------------


@pytest.fixture
def elsewhere(
    request: pytest.FixtureRequest, told: Ports, tmp_path: Path, sqlite_template: Path
) -> Iterator[Ports]:
    """An empty store of the same database as `told`."""
    if told.engine.dialect.name == "sqlite":
        import shutil

        from cvi.store.engine import open_engine

        shutil.copy(sqlite_template, tmp_path / "other.db")
        engine = open_engine(f"sqlite:///{tmp_path / 'other.db'}")
        yield ports_of(engine)
        engine.dispose()
        return
    server = request.getfixturevalue("postgres_server")
    from cvi.store.engine import open_engine

    server.psql("CREATE DATABASE cvi_other TEMPLATE cvi_template STRATEGY FILE_COPY")
    engine = open_engine(server.get_uri("cvi_other"))
    yield ports_of(engine)
    engine.dispose()
    server.psql("DROP DATABASE cvi_other WITH (FORCE)")


@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_importing_an_archive_gives_equal_numbers(
    told: Ports, elsewhere: Ports, kind: str, small: None
) -> None:
    """Every metric of every conversation, every view row, every byte of every fact."""
    path = archive.build(told, told.settings.data_dir / "x", Order("all", format=kind))
    assert detect(path) == "archive"
    seen = preview(path)
    assert (seen.conversations, seen.turns, seen.problem_count) == (7, 28, 0)
    with path.open("rb") as upload:  # as an upload: seekable, and owned by somebody else
        done = import_source(elsewhere, Source.from_file(upload, "all.zip"))
    assert (done.conversations, done.problem_count) == (7, 0)
    settle_all(elsewhere)
    here, there = (
        queries.load_metrics(each.engine, workspace=WORKSPACE, names=tuple(METRICS))
        .sort_values("conversation_id")
        .reset_index(drop=True)
        for each in (told, elsewhere)
    )
    assert len(here) == 7
    pd.testing.assert_frame_equal(here, there, check_exact=True)
    assert dump(told.engine) == dump(elsewhere.engine)
    assert _bodies(told.engine) == _bodies(elsewhere.engine)
    again = import_source(elsewhere, path)
    assert (again.events_new, again.events_seen) == (0, done.events_new)


def _bodies(engine: sa.Engine) -> list[tuple[Any, ...]]:
    found = rows(engine, "select key, event_type, body from conversation_events order by seq")
    assert LATIN in {bytes(body) for _, _, body in found}
    return [(key, kind, bytes(body)) for key, kind, body in found]


def test_an_export_without_events_is_no_import(told: Ports) -> None:
    """It says what to export instead; a cut archive says that it is damaged."""
    folder = told.settings.data_dir / "x"
    path = archive.build(told, folder, Order("t", ("turns",), "csv"))
    with pytest.raises(BadInput, match="holds no events") as caught:
        list(preview(path).sample)
    assert "whole workspace" in caught.value.hint
    whole = archive.build(told, folder, Order("all"))
    cut = folder / "cut.zip"
    cut.write_bytes(whole.read_bytes()[:-400])
    with pytest.raises(BadInput, match="damaged"):
        preview(cut)


def test_reanalysis_of_what_is_stale_only(told: Ports) -> None:
    """What this version analysed is left alone."""
    with told.engine.begin() as connection:
        connection.exec_driver_sql(
            "update conversation_metrics set version = 'old' where conversation_id = 'c3'"
        )
    assert rebuild.to_analyse(told, stale_only=True) == ["c3"]
    assert background.run(told, background.ask_reanalysis(told, everything=False))
    assert rebuild.to_analyse(told, stale_only=True) == []
