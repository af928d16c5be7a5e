"""Bringing data in and taking it back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cvi.jobs import background, importing, tickets
from cvi.jobs.archive import Order
from cvi.store import background as jobs
from cvi.store import operations
from cvi.ui import importing as importing_page
from cvi.ui import workbench
from tests.pages.copies import reopened

pytest_plugins = ["tests.pages.copies"]


ODD = (
    b'{"call": "k1", "wer": "Berater", "wort": "Hello", "wann": "2026-03-02T09:00:00Z"}\n'
    b'{"call": "k1", "wer": "Kundin", "wort": "Hi", "wann": "half past nine"}\n{cut\n'
)


def _press(app: Any, begin: str) -> Any:
    return next(each for each in app.button if each.label.startswith(begin)).click().run()


def test_an_empty_store_offers_the_demo(page: Any) -> None:
    """And only an empty one does."""
    assert any(each.label == "Load demo data" for each in page("data", "empty").button)
    assert not any(each.label == "Load demo data" for each in page("data", "tiny").button)


def test_a_sample_is_previewed_imported_and_listed(page: Any) -> None:
    """Nothing is stored before Import; then the import is in the list."""
    app = page("data", "empty")
    app.pills[0].set_value(["turns.csv"]).run()
    assert not app.exception
    assert any("conversation" in each.value for each in app.markdown)
    before = operations.import_log(workbench.ports().engine, workspace="default")
    assert before.empty
    _press(app, "Import ")
    assert not app.exception
    after = operations.import_log(workbench.ports().engine, workspace="default")
    assert after["name"].tolist() == ["turns.csv"]
    assert "2 conversations, 4 new events" in app.success[0].value


def test_a_csv_with_other_headers_asks_for_columns(page: Any) -> None:
    """Columns nobody could guess are asked for, then read."""
    app = page("data", "empty")
    table = b"who said it;what was said\nagent;Hello\ncustomer;Hi\n"
    app.file_uploader[0].set_value([("odd.csv", table, "text/csv")]).run()
    assert not app.exception
    assert app.warning
    by_label = {each.label: each for each in app.selectbox}
    by_label["Who speaks"].set_value("who said it")
    by_label["What is said"].set_value("what was said").run()
    assert not app.warning
    assert any("**2** turns" in each.value for each in app.markdown)


def test_speakers_of_subtitles_get_a_side(page: Any) -> None:
    """The guess is shown and can be changed."""
    app = page("data", "empty")
    app.pills[0].set_value(["call.vtt"]).run()
    sides = [each.value for each in app.selectbox if each.options == ["user", "assistant"]]
    assert sorted(sides) == ["assistant", "user"]


def test_a_file_that_is_nothing_is_explained(page: Any) -> None:
    """An error with a way out, and no button to import it."""
    app = page("data", "empty")
    app.file_uploader[0].set_value([("x.bin", b"\x00\x01\x02" * 50, "text/csv")]).run()
    assert not app.exception
    assert app.error
    assert next(each for each in app.button if each.label.startswith("Import")).disabled


def test_an_import_is_taken_back_after_a_question(page: Any) -> None:
    """The dialog comes first; then its conversations are gone."""
    app = page("data", "tiny")
    here = workbench.ports()
    log = operations.import_log(here.engine, workspace=here.workspace)
    app.session_state["undo"] = log["import_id"].iloc[0]
    app.run()
    assert not app.exception
    assert any(each.label == "Take it back" for each in app.button)
    importing.undo(here, log["import_id"].iloc[0])  # the dialog's own click needs a browser
    app.run()
    assert app.dataframe[0].value["state"].tolist() == ["undone"]


def test_everything_can_be_analysed_again(page: Any) -> None:
    """Asked for once, shown while it runs, also to who comes later; gone when it is done."""
    app = page("data", "tiny")
    _press(app, "Re-analyse everything")
    app = _press(app, "Re-analyse everything")
    assert not app.exception
    here = workbench.ports()
    [job] = jobs.listed(here.engine, workspace=here.workspace)
    assert job.kind == "reanalyse"
    app = reopened("data")
    assert len(app.get("progress")) == 1
    assert background.run(here, job.job_id)
    app.run()
    assert not app.exception
    assert len(app.get("progress")) == 0
    every = operations.row_counts(here.engine, workspace=here.workspace)["conversations"]
    assert jobs.one(here.engine, job.job_id, workspace=here.workspace).done == every > 0


def test_the_workspace_is_exported_fetched_and_deleted(page: Any) -> None:
    """Start, progress, the finished file with a link that opens, and the way to be rid of it."""
    app = page("data", "tiny")
    app.button(key="export-start").click().run()
    assert not app.exception
    here = workbench.ports()
    [job] = jobs.listed(here.engine, workspace=here.workspace)
    assert len(app.get("progress")) == 1
    assert background.run(here, job.job_id)
    app.run()
    table = next(each.value for each in app.dataframe if "fetch" in each.value)
    [link] = table["fetch"]
    admitted = tickets.admitted(here.settings, link.removeprefix("downloads/"))
    assert admitted == job.job_id
    assert table["holds"].tolist() == ["everything, parquet"]
    background.delete(here, job.job_id)
    app.run()
    assert not any("fetch" in each.value for each in app.dataframe)


def test_a_running_export_can_be_cancelled(page: Any) -> None:
    """At the button beside its bar."""
    app = page("data", "tiny")
    app.button(key="export-start").click().run()
    here = workbench.ports()
    [job] = jobs.listed(here.engine, workspace=here.workspace)
    app.button(key=f"cancel-{job.job_id}").click().run()
    assert not app.exception
    assert jobs.one(here.engine, job.job_id, workspace=here.workspace).state == "cancelled"
    assert len(app.get("progress")) == 0


def test_a_failed_export_says_why(page: Any) -> None:
    """Until it is put away."""
    app = page("data", "tiny")
    app.button(key="export-start").click().run()
    here = workbench.ports()
    [job] = jobs.listed(here.engine, workspace=here.workspace)
    held = jobs.claim(here.engine, job.job_id, workspace=here.workspace)
    jobs.fail(here.engine, held, "No space left on **device**")
    app.run()
    assert any("No space left" in each.value for each in app.error)
    app.button(key=f"dismiss-{job.job_id}").click().run()
    assert not app.error


def test_without_the_events_it_says_that_nothing_can_be_imported(page: Any) -> None:
    """Before the export is started."""
    app = page("data", "tiny")
    pills = app.pills(key="export-tables")
    pills.set_value(["turns"]).run()
    assert any("cannot be imported again" in each.value for each in app.caption)


def test_an_archive_of_a_workbench_is_a_file_to_import(page: Any) -> None:
    """Exported here, taken away, imported again: everything is known already."""
    app = page("data", "tiny")
    here = workbench.ports()
    assert background.run(here, background.ask_export(here, Order("all")))
    [made] = background.archives(here)
    app.file_uploader[0].set_value([("all.zip", made.path.read_bytes(), "application/zip")]).run()
    assert not app.exception
    _press(app, "Import ")
    assert not app.exception
    assert "nothing new" in app.success[0].value


def _choose(app: Any, **chosen: str) -> Any:
    """Settle selectboxes by the words of their label."""
    for label, value in chosen.items():
        box = next(each for each in app.selectbox if each.label == label.replace("_", " "))
        app = box.set_value(value).run()
    return app


def _map_odd(app: Any, name: str = "odd.jsonl") -> Any:
    app.file_uploader[0].set_value([(name, ODD, "application/json")]).run()
    assert app.warning
    return _choose(app, Who_speaks="wer", What_is_said="wort", When_it_began="wann")


def test_json_of_unknown_keys_is_mapped_and_its_speakers_get_sides(page: Any) -> None:
    """Columns, then sides, each asked for before anything can be imported; problems by line."""
    app = _map_odd(page("data", "empty"))
    assert next(each for each in app.button if each.key == "import").disabled
    app = _choose(app, Berater="assistant", Kundin="user")
    assert not app.exception
    assert not app.warning
    sample = next(each.value for each in app.dataframe if "text" in each.value)
    assert sample["role"].tolist() == [["assistant"], ["user"]]
    told = next(each.value for each in app.dataframe if "hint" in each.value)
    assert [line for line in told["line"] if line is not None] == [2, 3]
    _press(app, "Import 1 conversation")
    assert not app.exception
    assert "1 conversations, 2 new events" in app.success[0].value


def test_a_mapping_is_remembered_for_files_of_the_same_columns(page: Any) -> None:
    """Within the session; the speakers' sides too. What is known already is said."""
    app = _choose(_map_odd(page("data", "empty")), Berater="assistant", Kundin="user")
    _press(app, "Import 1 conversation")
    app.file_uploader[0].set_value([("again.jsonl", ODD, "application/json")]).run()
    assert not app.exception
    assert not app.warning
    assert any("1 already known" in each.value for each in app.markdown)
    assert any("importing changes nothing" in each.value for each in app.caption)


def test_the_outcome_leads_to_the_conversations_and_back(page: Any) -> None:
    """Links to the first ones, and Undo beside them."""
    app = page("data", "empty")
    app.pills[0].set_value(["turns.csv"]).run()
    _press(app, "Import ")
    assert any("(conversation?id=sample-4)" in each.value for each in app.caption)
    _press(app, "Undo")
    assert not app.exception
    assert not app.success
    log = operations.import_log(workbench.ports().engine, workspace="default")
    assert log["state"].tolist() == ["undone"]


def test_bad_files_do_not_stop_good_ones(page: Any) -> None:
    """Each has its own explanation; a hostile name stays text."""
    app = page("data", "empty")
    files = [
        ("$x$ <b>.csv", b"only one column\n1\n", "text/csv"),
        ("pic.png", b"\x89PNG\r\n", "image/png"),
        ("good.csv", b"call,role,text\nk,user,Hi\n", "text/csv"),
    ]
    app.file_uploader[0].set_value(files).run()
    assert not app.exception
    told = [each.value for each in app.error]
    assert len(told) == 2
    assert "not two columns" in told[0]
    assert "an image" in told[1]
    _press(app, "Import 1 conversation from 1 of 3 files")
    assert len(app.success) == 1


def test_a_path_is_asked_for_on_this_machine_only(
    page: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder's files all come up; where others reach the pages there is no such field."""
    folder = tmp_path / "exports"
    folder.mkdir()
    (folder / "a.csv").write_text("call,role,text\nk,user,Hi\n")
    app = page("data", "empty")
    field = next(each for each in app.text_input if "on this machine" in each.label)
    field.set_value(str(folder)).run()
    assert any(each.label == "Import 1 conversation" for each in app.button)
    next(each for each in app.text_input if "on this machine" in each.label).set_value(
        str(tmp_path / "none")
    ).run()
    assert "no such file or folder" in app.error[0].value
    monkeypatch.setenv("CVI_HOST", "0.0.0.0")  # noqa: S104
    app = reopened("data")
    assert not any("on this machine" in each.label for each in app.text_input)


@pytest.mark.parametrize(
    ("hosts", "headers", "here"),
    [(("127.0.0.1", "localhost"), {}, True), (("127.0.0.1", "0.0.0.0"), {}, False),  # noqa: S104
     (("127.0.0.1", None), {}, False), (("::1", "::1"), {"x-forwarded-for": "203.0.113.9"}, False),
     (("::1", "::1"), {"origin": "http://localhost:8501"}, True)],
)  # fmt: skip
def test_whoever_comes_through_a_proxy_does_not_sit_here(
    hosts: Any, headers: Any, here: bool
) -> None:
    """Nor whoever reaches an address that the command line opened (`--host`)."""
    assert importing_page.sits_here(hosts, headers) is here
