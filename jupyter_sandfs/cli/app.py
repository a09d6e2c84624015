"""The command `jupyter-sandfs`, which `jupyter sandfs` runs: its groups, its errors and its exit codes."""

from __future__ import annotations

from typing import Any

import click
from click.shell_completion import get_completion_class

from jupyter_sandfs.cli.files import files
from jupyter_sandfs.cli.fs import fs
from jupyter_sandfs.cli.mcp import mcp
from jupyter_sandfs.errors import SandfsError

PROGRAM = "jupyter-sandfs"
FAILURE, NOT_FOUND, CONFLICT, NO_ROOM, REFUSED = 1, 3, 4, 5, 6
# Exit codes by the HTTP status of an error; 2 is click's, for a command line that is wrong.
EXIT_CODES = {
    401: REFUSED,
    403: REFUSED,
    404: NOT_FOUND,
    409: CONFLICT,
    412: CONFLICT,
    413: NO_ROOM,
    422: CONFLICT,
    507: NO_ROOM,
}


class Reporting(click.Group):
    """A group whose commands report errors in one line."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except SandfsError as error:
            _fail(str(error), EXIT_CODES.get(error.http_status, FAILURE))
        except OSError as error:
            _fail(f"{error.filename}: {error.strerror}" if error.filename else str(error), FAILURE)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click's; a command of one of our groups, without the group's name, is not merely unknown."""
        word = args[0]
        groups = [
            each.name for each in self.commands.values() if isinstance(each, click.Group) and word in each.commands
        ]
        if groups and word not in self.commands:
            near = " or ".join(f"'{each} {word}'" for each in groups)
            ctx.fail(f"No such command '{word}'. Did you mean {near}?")
        return super().resolve_command(ctx, args)


def _fail(text: str, code: int) -> None:
    click.echo(f"error: {text}", err=True)
    raise click.exceptions.Exit(code)


@click.group(cls=Reporting, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="jupyter_sandfs")
def main() -> None:
    """Sandboxed files for Jupyter, from a terminal."""


@main.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print a script that completes commands, options and keys in SHELL.

    For bash: jupyter-sandfs completion bash >> ~/.bashrc
    """
    kind = get_completion_class(shell)
    assert kind is not None, "click has these three"
    click.echo(kind(main, {}, PROGRAM, "_JUPYTER_SANDFS_COMPLETE").source())


main.add_command(files)
main.add_command(fs)
main.add_command(mcp)
