"""Bringing data in and taking it back."""

from __future__ import annotations

from typing import Any

from cvi.jobs import importing
from cvi.store import operations
from cvi.ui import workbench

pytest_plugins = ["tests.pages.copies"]


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
    """The bar runs and the page comes back."""
    app = page("data", "tiny")
    _press(app, "Re-analyse everything")
    assert not app.exception
