"""The command line as a user meets it: results, JSON, exit codes, one line per error."""

from __future__ import annotations

import gzip
import json
import os
import socket
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from cvi.cli import main, takeaway
from cvi.jobs import exporting
from tests.exports.sheets import sheets

SAMPLES = Path(__file__).parents[2] / "data" / "samples"


@pytest.fixture
def cvi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run `cvi` with a data folder of its own."""
    for name in [name for name in os.environ if name.startswith(("CVI_", "TAVUS_"))]:
        monkeypatch.delenv(name)
    runner = CliRunner()

    def run(*words: str | Path, ok: bool = True) -> Result:
        result = runner.invoke(main, ["--data-dir", str(tmp_path / "data"), *map(str, words)])
        assert not ok or result.exit_code == 0, result.output + result.stderr
        return result

    return run


def lines(result: Result) -> list[dict[str, Any]]:
    """The JSON lines a command printed."""
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_a_dry_run_shows_counts_and_keeps_nothing(cvi: Any, tmp_path: Path) -> None:
    shown = lines(cvi("import", SAMPLES / "transcripts.jsonl", "--dry-run", "--json"))
    assert (shown[0]["format"], shown[0]["conversations"], shown[0]["turns"]) == (
        "transcripts",
        2,
        7,
    )
    assert not (tmp_path / "data").exists()


def test_importing_twice_changes_nothing_and_undo_takes_it_back(cvi: Any, tmp_path: Path) -> None:
    first = lines(cvi("import", SAMPLES / "transcripts.jsonl", "--json"))[0]
    assert (first["conversations"], first["events_new"], first["events_seen"]) == (2, 4, 0)
    again = lines(cvi("import", SAMPLES / "transcripts.jsonl", "--json"))[0]
    assert (again["events_new"], again["events_seen"]) == (0, 4)
    cvi("undo", first["import_id"])
    assert rows(cvi, tmp_path, "conversations") == 2, "the second import still holds them"
    cvi("undo", again["import_id"])
    assert rows(cvi, tmp_path, "conversations") == 0


def rows(cvi: Any, tmp_path: Path, table: str) -> int:
    """How many rows an export has."""
    found = lines(cvi("export", table, "--to", tmp_path / f"{table}.jsonl", "--json"))
    count: int = found[0]["rows"]
    return count


def test_a_folder_is_imported_whole(cvi: Any, tmp_path: Path) -> None:
    cvi("import", SAMPLES)
    assert rows(cvi, tmp_path, "conversations") == 8


def test_exports_hold_the_same_rows_in_every_format(cvi: Any, tmp_path: Path) -> None:
    cvi("import", SAMPLES / "transcripts.jsonl")
    for kind in ("csv", "jsonl", "parquet"):
        cvi("export", "turns", "--to", tmp_path / f"turns.{kind}")
    frames = [
        pd.read_csv(tmp_path / "turns.csv"),
        pd.read_json(tmp_path / "turns.jsonl", lines=True),
        pd.read_parquet(tmp_path / "turns.parquet"),
    ]
    assert [frame["text"].tolist() for frame in frames[1:]] == [frames[0]["text"].tolist()] * 2
    assert len(frames[0]) == 7


def test_exported_events_imported_elsewhere_give_equal_metrics(cvi: Any, tmp_path: Path) -> None:
    cvi("import", SAMPLES / "transcripts.jsonl", SAMPLES / "events.jsonl")
    cvi("export", "events", "--to", tmp_path / "events.jsonl")
    cvi("export", "conversations", "--to", tmp_path / "here.parquet")
    there = CliRunner()
    for words in (
        ["import", str(tmp_path / "events.jsonl")],
        ["export", "conversations", "--to", str(tmp_path / "there.parquet")],
    ):
        result = there.invoke(main, ["--data-dir", str(tmp_path / "other"), *words])
        assert result.exit_code == 0, result.output
    here, elsewhere = (pd.read_parquet(tmp_path / f"{name}.parquet") for name in ("here", "there"))
    pd.testing.assert_frame_equal(here, elsewhere)


def test_an_export_of_events_holds_those_without_a_conversation_too(
    cvi: Any, tmp_path: Path
) -> None:
    (tmp_path / "dump.jsonl").write_text('{"replica_id": "r1", "status": "ready"}\n')
    cvi("import", tmp_path / "dump.jsonl", "--format", "events")
    assert rows(cvi, tmp_path, "events") == 1
    assert rows(cvi, tmp_path, "conversations") == 0


def test_analyse_needs_no_database(cvi: Any, tmp_path: Path) -> None:
    out = tmp_path / "analysed.jsonl"
    cvi("analyse", SAMPLES / "transcripts.jsonl", "--to", out)
    first = json.loads(out.read_text().splitlines()[0])
    assert first["id"] == "sample-1"
    assert {"label", "score", "confidence"} == set(first["turns"][0]["sentiment"])
    assert {"keyTopics", "insights", "sentiment", "conversationQuality"} <= set(first["analysis"])
    assert first["metrics"]["response_time_p50"] is None
    assert any("ends of speech" in reason for reason in first["not_measured"])
    assert not (tmp_path / "data").exists()


def test_a_bad_line_is_reported_and_the_rest_goes_in(cvi: Any, tmp_path: Path) -> None:
    good = (SAMPLES / "transcripts.jsonl").read_text().splitlines()
    file = tmp_path / "mixed.jsonl.gz"
    file.write_bytes(gzip.compress("\n".join([good[0], "{not json", good[1]]).encode()))
    done = lines(cvi("import", file, "--json"))[0]
    assert done["conversations"] == 2
    assert "line 2" in done["problems"][0]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["import", "/no/such/file"], "no such file"),
        (["export", "turns", "--to", "x.doc"], "no export format 'doc'"),
        (["undo", "00000000-0000-0000-0000-000000000000"], "no import"),
    ],
)
def test_an_error_is_one_line_on_stderr_and_exit_code_1(
    cvi: Any, words: list[str], said: str
) -> None:
    result = cvi(*words, ok=False)
    assert result.exit_code == 1
    assert said in result.stderr.lower()
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("command", ["serve", "ui", "api"])
def test_a_port_that_is_taken_is_said_before_anything_starts(cvi: Any, command: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        result = cvi(command, "--port", taken.getsockname()[1], ok=False)
    assert result.exit_code == 1
    assert "Nothing can listen" in result.stderr
    assert result.stdout == ""


def test_a_target_that_cannot_be_written_is_one_line(cvi: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for words in (
        ["export", "turns", "--to", tmp_path / "file" / "x.csv"],
        ["analyse", SAMPLES / "call.vtt", "--to", tmp_path / "file" / "x.jsonl"],
    ):
        result = cvi(*words, ok=False)
        assert result.exit_code == 1
        assert result.stderr.count("\n") == 1


def test_a_role_nobody_knows_is_refused(cvi: Any) -> None:
    result = cvi("import", SAMPLES / "call.srt", "--role", "Lena=boss", ok=False)
    assert result.exit_code == 2
    assert "'boss' is no role" in result.stderr


def test_wrong_usage_is_exit_code_2(cvi: Any) -> None:
    assert cvi("export", "nonsense", "--to", "x.csv", ok=False).exit_code == 2


def test_doctor_names_what_is_unsafe_and_fails_when_the_database_is_away(
    cvi: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CVI_WEBHOOK_AUTH", "none")
    found = {check["what"]: check for check in json.loads(cvi("doctor", "--json").stdout)}
    assert found["Callbacks"]["state"] == "warning"
    assert found["Database"]["state"] == "ok"
    monkeypatch.setenv("CVI_DATABASE_URL", "postgresql://nobody:secret-word@127.0.0.1:1/none")
    result = cvi("doctor", "--json", ok=False)
    assert result.exit_code == 1
    assert "secret-word" not in result.output


def test_worker_once_settles_and_retry_sends_failures_round_again(cvi: Any, tmp_path: Path) -> None:
    (tmp_path / "dump.jsonl").write_text(
        '{"event_type": "system.shutdown", "conversation_id": "c"}\n'
    )
    cvi("import", tmp_path / "dump.jsonl", "--no-settle")
    assert lines(cvi("worker", "--once", "--json"))[0] == {"pending": 0, "failed": 0}
    assert lines(cvi("retry", "--json"))[0] == {"replayed": 0}


def test_rebuild_and_reanalyse_change_nothing(cvi: Any, tmp_path: Path) -> None:
    cvi("import", SAMPLES / "transcripts.jsonl")
    cvi("export", "conversations", "--to", tmp_path / "before.parquet")
    assert lines(cvi("rebuild", "--json"))[0]["conversations"] == 2
    assert lines(cvi("reanalyse", "--json"))[0]["conversations"] == 0
    assert lines(cvi("reanalyse", "--all", "--json"))[0]["conversations"] == 2
    cvi("export", "conversations", "--to", tmp_path / "after.parquet")
    before, after = (pd.read_parquet(tmp_path / f"{name}.parquet") for name in ("before", "after"))
    pd.testing.assert_frame_equal(before, after)


def test_the_address_is_unguessable_and_stays_the_same(cvi: Any) -> None:
    first = cvi("address").stdout.strip()
    assert len(first.removeprefix("/webhooks/tavus/")) >= 43
    assert cvi("address").stdout.strip() == first


def test_starting_the_command_imports_no_heavy_library() -> None:
    code = (
        "import sys, cvi.cli; "
        "print(sorted({'pandas', 'streamlit', 'sqlalchemy', 'sklearn'} & set(sys.modules)))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_a_workspace_goes_out_and_comes_back_with_equal_numbers(cvi: Any, tmp_path: Path) -> None:
    cvi("import", SAMPLES / "transcripts.jsonl", SAMPLES / "events.jsonl")
    cvi("export", "conversations", "--to", tmp_path / "here.parquet")
    target = tmp_path / "all.zip"
    made = lines(cvi("export", "workspace", "--to", target, "--json"))[0]
    assert made["bytes"] == target.stat().st_size
    assert [path.name for path in tmp_path.glob(".*")] == [], "nothing half-made is left"
    there = CliRunner()
    for words in (
        ["import", str(target)],
        ["export", "conversations", "--to", str(tmp_path / "there.parquet")],
    ):
        result = there.invoke(main, ["--data-dir", str(tmp_path / "other"), *words])
        assert result.exit_code == 0, result.output
    here, elsewhere = (pd.read_parquet(tmp_path / f"{name}.parquet") for name in ("here", "there"))
    pd.testing.assert_frame_equal(here, elsewhere)


def test_a_workspace_is_exported_from_where_it_was_stopped(cvi: Any, tmp_path: Path) -> None:
    cvi("import", SAMPLES / "transcripts.jsonl")
    code = (
        "import os, signal\n"
        "from cvi.exports import files\n"
        "def die(*given):\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "files.WRITERS._items['csv'] = die\n"
        "from cvi.cli import main\n"
        "main()\n"
    )
    words = ["--data-dir", tmp_path / "data", "export", "workspace", "--to", tmp_path / "all.zip"]
    command = [sys.executable, "-c", code, *words, "--format", "csv"]
    assert subprocess.run(command, check=False, capture_output=True).returncode == -9
    unfinished = tmp_path / ".all.unfinished"
    assert list(unfinished.rglob("*.parquet"))
    with (unfinished / "plan.json").open() as file:
        planned = json.load(file)["made_at"]
    cvi("export", "workspace", "--to", tmp_path / "all.zip", "--format", "csv")
    assert not unfinished.exists()
    with zipfile.ZipFile(tmp_path / "all.zip") as found:
        assert {"manifest.json", "turns.csv", "events.jsonl"} <= set(found.namelist())
        assert json.loads(found.read("manifest.json"))["made_at"] == planned


def test_exports_take_the_filter_of_a_page(cvi: Any, tmp_path: Path) -> None:
    cvi("import", SAMPLES / "transcripts.jsonl")
    link = "http://127.0.0.1:8501/conversations?q=nothing+anybody+said&sort=Turns"
    cvi("export", "turns", "--to", tmp_path / "t.csv", "--link", link, "--manifest")
    assert (tmp_path / "t.csv").read_text().count("\n") == 1
    manifest = json.loads((tmp_path / "t.csv.manifest.json").read_text())
    assert manifest["filters"] == {"q": ["nothing anybody said"]}
    assert manifest["tables"]["turns"]["rows"] == 0
    bad = cvi("export", "turns", "--to", tmp_path / "t.csv", "--link", "?m=nope:1..2", ok=False)
    assert bad.exit_code == 1
    assert "nope" in bad.stderr


def test_a_table_goes_out_as_a_zip_or_a_workbook(cvi: Any, tmp_path: Path) -> None:
    cvi("import", SAMPLES / "transcripts.jsonl")
    cvi("export", "turns", "--to", tmp_path / "t.zip")
    with zipfile.ZipFile(tmp_path / "t.zip") as found:
        assert found.namelist() == ["manifest.json", "turns.csv"]
    cvi("export", "turns", "--to", tmp_path / "t.xlsx")
    assert len(sheets(tmp_path / "t.xlsx")["turns"]) == 8
    assert cvi("export", "workspace", "--to", tmp_path / "t.csv", ok=False).exit_code == 2


def test_the_tables_of_the_command_are_those_of_the_export() -> None:
    assert tuple(takeaway._TABLES) == exporting.NAMES


def test_a_dry_run_goes_on_after_a_file_it_cannot_read(cvi: Any, tmp_path: Path) -> None:
    """Each file is told, and the exit code says that one failed."""
    (tmp_path / "bad.json").write_text("{cut")
    result = cvi(
        "import", tmp_path / "bad.json", SAMPLES / "turns.csv", "--dry-run", "--json", ok=False
    )
    assert result.exit_code == 1
    assert [line["file"] for line in lines(result)] == ["turns.csv"]
    assert "bad.json" in result.stderr
    assert "1 of 2 files could not be read" in result.stderr


@pytest.mark.parametrize("words", [[], ["--dry-run"]])
def test_a_file_without_one_good_line_is_an_error(
    cvi: Any, tmp_path: Path, words: list[str]
) -> None:
    """Its problems are told, and the exit code is not 0."""
    (tmp_path / "bad.jsonl").write_text("{cut\n[1]\n")
    result = cvi("import", tmp_path / "bad.jsonl", "--format", "transcripts", *words, ok=False)
    assert result.exit_code == 1
    assert "not one conversation" in result.stderr
    assert "bad.jsonl line 1: not JSON" in result.stdout


def test_a_mapping_may_stand_in_one_word(cvi: Any, tmp_path: Path) -> None:
    """Short names too; a column with a comma has its own --map."""
    rows_ = [{"call id": "k", "wer": "A", "was, genau": "Hallo"}]
    (tmp_path / "odd.jsonl").write_text(json.dumps(rows_[0]))
    cvi("import", tmp_path / "odd.jsonl", "--map", "conversation=call id,role=wer",
        "--map", "text=was, genau", "--role", "A=user")  # fmt: skip
    assert rows(cvi, tmp_path, "turns") == 1


def test_the_doctor_lists_every_wrong_setting(cvi: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Instead of stopping at the first."""
    monkeypatch.setenv("CVI_PORT", "eighty")
    monkeypatch.setenv("CVI_WEBHOOK_AUTH", "maybe")
    result = cvi("doctor", ok=False)
    assert result.exit_code == 1
    assert "CVI_PORT is 'eighty'" in result.stdout
    assert "CVI_WEBHOOK_AUTH is 'maybe'" in result.stdout
