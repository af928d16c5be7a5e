"""The rooms of the house: who may import whom, and what may stand where. Read with `ast`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = {
    0: {"errors", "settings", "registry", "resources"},
    1: {"events"},
    2: {"frames", "selection"},
    3: {"analysis", "ingest", "charts", "exports", "demo"},
    4: {"store", "tavus", "llm", "migrations"},
    5: {"bootstrap"},
    6: {"jobs"},
    7: {"ui", "server"},
    8: {"cli", "app", "pages", "__main__"},
}
LEVEL = {room: level for level, rooms in ROOMS.items() for room in rooms}
# Rooms of one level that must not know each other.
APART = (ROOMS[2], ROOMS[3], ROOMS[4] - {"migrations"})
# Alembic's scripts belong to the store, which runs them; `python -m cvi` is the command line.
NEIGHBOURS = {("settings", "errors"), ("migrations", "store"), ("__main__", "cli")}
# The server that mounts the pages loads them before the first visitor comes.
PAGES_SERVER = ("cvi/server/workbench.py", "cvi.ui.workbench")
FORBIDDEN_NAMES = {"utils", "helpers", "common", "base", "manager", "shared", "misc"}
MOST_LINES = 400
DATABASE = {"sqlalchemy", "adbc_driver_manager", "adbc_driver_sqlite", "adbc_driver_postgresql",
            "alembic", "sqlite3", "psycopg"}  # fmt: skip
BROAD = {
    "cvi/jobs/settle.py": "one bad event cannot stop the rest",
    "cvi/jobs/background.py": "a job that fails says so on the page; its process ends either way",
    "cvi/server/committer.py": "the writer thread must outlive any failure: callers wait on it",
}


@cache
def _files() -> tuple[Path, ...]:
    found = [ROOT / "app.py", *ROOT.glob("pages/*.py"), *ROOT.glob("cvi/**/*.py")]
    return tuple(sorted(path for path in found if "versions" not in path.parts))


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _module(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _room(module: str) -> str | None:
    """The room of a module of ours; None for the package itself and for others."""
    first, _, rest = module.partition(".")
    return rest.split(".")[0] or None if first == "cvi" else first if first in LEVEL else None


def _typing_only(tree: ast.Module) -> set[ast.AST]:
    """What stands below `if TYPE_CHECKING`: it is not there when the program runs."""
    return {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }


def _imports(path: Path, *, running: bool = True, top: bool = False) -> Iterator[str]:
    """Modules that a file imports (`running`: at run time only; `top`: when it is loaded only)."""
    tree = _tree(path)
    skipped = _typing_only(tree) if running else set()
    lazy = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if node in skipped or (top and node in lazy):
            continue
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{_name(path)}: relative import"
            for each in node.names:
                inner = f"{node.module}.{each.name}"
                yield inner if inner in _modules() else str(node.module)


@cache
def _modules() -> frozenset[str]:
    return frozenset(_module(path) for path in _files())


def _users(wanted: set[str], *, running: bool = True) -> set[str]:
    return {
        _name(path)
        for path in _files()
        if any(name.split(".")[0] in wanted for name in _imports(path, running=running))
    }


def test_every_module_has_a_room() -> None:
    """A new room needs a level here."""
    rooms = {room for path in _files() if (room := _room(_module(path)))}
    assert rooms <= set(LEVEL)


def test_imports_point_strictly_downwards() -> None:
    """Within a room anything goes; between rooms only towards the smaller number."""
    wrong = [
        f"{_name(path)} imports {name}"
        for path in _files()
        for name in _imports(path, running=False)
        if (here := _room(_module(path))) and (there := _room(name))
        if here != there and LEVEL[there] >= LEVEL[here]
        if (here, there) not in NEIGHBOURS
        if (_name(path), name) != PAGES_SERVER
    ]
    assert wrong == []


def test_rooms_of_one_level_do_not_know_each_other() -> None:
    """Analysis, ingest, charts, exports and demo; store, Tavus and models."""
    wrong = [
        f"{_name(path)} imports {name}"
        for path in _files()
        for name in _imports(path, running=False)
        for level in APART
        if (here := _room(_module(path))) in level and (there := _room(name)) in level
        if here != there
    ]
    assert wrong == []


def test_there_is_no_import_cycle() -> None:
    """Among the imports that run when a module is loaded."""
    graph = {
        _module(path): {name for name in _imports(path, top=True) if name in _modules()}
        - {_module(path)}
        for path in _files()
    }
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, f"cycle: {' → '.join((*trail, name))}"
        if name not in done:
            for other in sorted(graph[name]):
                # A package is loaded with its modules; that alone is no cycle.
                if not other.startswith(f"{name}.") and not name.startswith(f"{other}."):
                    visit(other, (*trail, name))
            done.add(name)

    for name in sorted(graph):
        visit(name, ())


def test_the_database_is_known_to_the_store_alone() -> None:
    """Others hold engines and connections, and build no statements."""
    users = _users(DATABASE)
    assert [name for name in users if not name.startswith(("cvi/store/", "cvi/migrations/"))] == []
    typing = _users(DATABASE, running=False) - users
    assert all(name.startswith("cvi/server/") for name in typing)


def test_streamlit_is_known_to_the_faces_alone() -> None:
    """Everything else can be tested without it."""
    allowed = ("cvi/ui/", "pages/", "app.py", "cvi/server/workbench.py")
    assert [name for name in _users({"streamlit"}) if not name.startswith(allowed)] == []


def test_the_network_is_known_to_few() -> None:
    """The clients, and the doctor, who asks whether they would be answered."""
    allowed = ("cvi/tavus", "cvi/llm", "cvi/jobs/checks.py")
    clients = {"httpx", "requests", "urllib3", "aiohttp"}
    assert [name for name in _users(clients) if not name.startswith(allowed)] == []


def test_pages_do_no_frame_arithmetic() -> None:
    """Guard, filters, one call, draw."""
    assert [name for name in _users({"pandas", "numpy"}) if name.startswith("pages/")] == []


def test_receiving_needs_no_analysis() -> None:
    """`cvi api` starts in a moment and stays small."""
    heavy = {"pandas", "numpy", "sklearn", "streamlit", "plotly"}
    seen, todo = set(), ["cvi.server.api"]
    by_name = {_module(path): path for path in _files()}
    while todo:
        name = todo.pop()
        if name in seen or name not in by_name:
            continue
        seen.add(name)
        found = set(_imports(by_name[name], top=True))
        assert {each.split(".")[0] for each in found} & heavy == set(), name
        todo += [each for each in found if each in by_name]
    assert "cvi.store.facts" in seen


@pytest.mark.parametrize("path", _files(), ids=_name)
def test_files_are_short_and_named_after_what_they_are(path: Path) -> None:
    """A longer one is split by what it is about; no drawer for odds and ends."""
    assert path.stem not in FORBIDDEN_NAMES
    lines = path.read_text(encoding="utf-8").count("\n")
    assert lines <= MOST_LINES, f"{lines} lines"
    depth = len(path.relative_to(ROOT).parts)
    assert depth <= 3, "one folder level below cvi/"


def _is_broad(handler: ast.ExceptHandler) -> bool:
    given = handler.type
    names = given.elts if isinstance(given, ast.Tuple) else [given]
    return any(
        name is None or (isinstance(name, ast.Name) and name.id in ("Exception", "BaseException"))
        for name in names
    )


def test_broad_excepts_are_where_they_are_named() -> None:
    """Everywhere else an error that nobody expected is seen."""
    found = {
        _name(path)
        for path in _files()
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.ExceptHandler) and _is_broad(node)
    }
    assert found == set(BROAD)


def test_all_errors_stand_in_one_file() -> None:
    """One tree; signals that never leave their module are private."""
    made = {
        f"{_name(path)}:{node.name}"
        for path in _files()
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.ClassDef)
        and any(ast.unparse(base).endswith(("Error", "Exception")) for base in node.bases)
        and not node.name.startswith("_")
        and _name(path) != "cvi/errors.py"
    }
    assert made == set()


def test_nothing_happens_at_import() -> None:
    """No connection, no thread, no look at the environment when a module is loaded."""
    suspicious = {"open_engine", "create_engine", "open_ports", "settings_here", "Thread", "getenv"}
    wrong = []
    for path in _files():
        if _name(path) == "app.py" or _name(path).startswith("pages/"):
            continue
        for node in _tree(path).body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.If):
                continue
            calls = (each for each in ast.walk(node) if isinstance(each, ast.Call))
            called = {ast.unparse(call.func).split(".")[-1] for call in calls}
            if called & suspicious or "os.environ" in ast.unparse(node):
                wrong.append(f"{_name(path)}:{node.lineno}")
    assert wrong == []
