"""The command group: common options, how results and errors are printed, exit codes.

0 all went well; 1 an error the workbench explains (one line on stderr); 2 wrong usage.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cvi import __version__
from cvi.errors import CviError

if TYPE_CHECKING:
    from cvi.bootstrap import Ports
    from cvi.settings import Settings


class Explained(click.Group):
    """Prints a `CviError` as one line and exits with 1, instead of a stack trace."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - click's own signature
        """Run the chosen command."""
        try:
            return super().invoke(ctx)
        except CviError as error:
            click.echo(f"cvi: {' '.join(str(error).split())}", err=True)
            ctx.exit(1)
        except BrokenPipeError:
            sys.stderr.close()  # the reader of our output (head, less) has seen enough
            ctx.exit(0)
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            click.echo(f"cvi: {where}{error.strerror or error}", err=True)
            ctx.exit(1)
        except _database_errors() as error:
            plain = str(getattr(error, "orig", error)).strip().splitlines()[0]
            click.echo(f"cvi: The database refuses: {plain}. Check it with: cvi doctor", err=True)
            ctx.exit(1)


def _database_errors() -> tuple[type[Exception], ...]:
    """What a database that is away or read-only raises; looked up only once something failed."""
    from cvi.store.engine import UNREACHABLE

    return UNREACHABLE


@click.group(cls=Explained, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="cvi")
@click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the SQLite file and the generated webhook token.",
)
@click.pass_context
def main(ctx: click.Context, data_dir: Path | None) -> None:
    """CVI Workbench: analytics for AI video conversations on Tavus CVI."""
    ctx.obj = data_dir


def settings(ctx: click.Context) -> Settings:
    """Settings with the command line's data folder."""
    from cvi.bootstrap import settings_here

    return settings_here(data_dir=ctx.find_root().obj)


def ports(ctx: click.Context) -> Ports:
    """The open store."""
    from cvi.bootstrap import open_ports

    return open_ports(settings(ctx))


def tell(result: dict[str, Any], *, as_json: bool, text: str) -> None:
    """Print a result for people or, with --json, for scripts."""
    click.echo(json.dumps(result, default=str, ensure_ascii=False) if as_json else text)


json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")


def bar(*, length: int | None, label: str, hidden: bool) -> Any:  # noqa: ANN401 - click's type
    """A progress bar on stderr; hidden for scripts and where there is no terminal."""
    return click.progressbar(
        length=length or 1, label=label, file=sys.stderr, hidden=hidden or not sys.stderr.isatty()
    )
