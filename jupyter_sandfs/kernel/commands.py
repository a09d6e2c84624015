"""What `%sandfs` does itself: what takes a path of the host, a cell's body, or a page to show something on.

Everything else goes to the sandbox's shell, which never sees a path of the host.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jupyter_sandfs import paths
from jupyter_sandfs.errors import AlreadyExists, InvalidRequest, NotFound
from jupyter_sandfs.filestore import FileInfo, keys
from jupyter_sandfs.kernel.output import human_size
from jupyter_sandfs.sandbox import Sandbox
from jupyter_sandfs.shell.commands.store import seconds
from jupyter_sandfs.shell.options import HELP, Arguments, Option, parse
from jupyter_sandfs.vfs import exchange


@dataclass(frozen=True, slots=True)
class Call:
    """One use of the magic: the sandbox it works on, its arguments, and the cell's body if there is one."""

    sandbox: Sandbox
    arguments: Arguments
    body: str

    def path(self, operand: str) -> str:
        return paths.normalize(operand, self.sandbox.shell.cwd)


@dataclass(frozen=True, slots=True, kw_only=True)
class MagicCommand:
    """A subcommand of the magic.

    Attributes:
        operands: how many it takes, at least and at most.
        run: gives what the magic returns; text is printed.
    """

    usage: str
    help: str
    run: Callable[[Call], Any]
    options: tuple[Option, ...] = ()
    operands: tuple[int, int] = (0, 0)

    def describe(self) -> str:
        """The text of `--help`."""
        rows = [f"  {option.spelling:<24} {option.help}\n" for option in self.options]
        return f"Usage: {self.usage}\n{self.help}\n" + ("\nOptions:\n" + "".join(rows) if rows else "")

    def call(self, sandbox: Sandbox, line: str, body: str = "") -> Any:
        """Parse the rest of the line and run. Raises InvalidRequest for what does not fit the usage."""
        try:
            arguments = parse(shlex.split(line), self.options)
        except ValueError as error:
            raise InvalidRequest(f"{error}; usage: {self.usage}") from None
        if HELP.key in arguments:
            return self.describe()
        least, most = self.operands
        if not least <= len(arguments.operands) <= most:
            raise InvalidRequest(f"usage: {self.usage}")
        return self.run(Call(sandbox, arguments, body))


# ---------------------------------------------------------------- lines


def _browse(call: Call) -> Any:
    from jupyter_sandfs.kernel.browser.display import display_browser  # noqa: PLC0415  # widgets load when one is shown

    browser = call.sandbox.browse(call.path(call.arguments.operands[0] if call.arguments.operands else "."))
    display_browser(browser)
    return browser


def _upload(call: Call) -> FileInfo:
    source = _host_file(call.arguments.operands[0])
    options = call.arguments.options
    with source.open("rb") as body:
        return call.sandbox.files.put(
            keys.complete(options["key"]) if "key" in options else keys.new_key(),
            body,
            size=source.stat().st_size,
            ttl=seconds(options["ttl"]) if "ttl" in options else None,
            content_type=_content_type(source),
            metadata={"original_filename": source.name},
        )


def _download(call: Call) -> str:
    key, *target = call.arguments.operands
    with call.sandbox.files.open(keys.complete(key)) as reader:
        called = reader.info.metadata.get("original_filename") or reader.info.key
        path = Path(target[0]).expanduser() if target else Path(paths.name(called))
        path = path / paths.name(called) if path.is_dir() else path
        try:
            with path.open("wb" if "overwrite" in call.arguments else "xb") as file:
                for chunk in reader:
                    file.write(chunk)
        except FileExistsError:
            raise AlreadyExists(str(path), "on this machine; --overwrite replaces it") from None
    return f"{path} ({human_size(reader.info.size_bytes)})\n"


def _import(call: Call) -> str:
    source, target = call.arguments.operands
    path = call.path(target)
    if target.endswith("/") or call.sandbox.fs.is_dir(path):
        path = paths.join(path, Path(source).expanduser().resolve().name)
    with call.sandbox.fs.action(f"import {source}", "owner"):
        moved = exchange.import_tree(call.sandbox.fs, source, path)
    return _told(moved, path)


def _export(call: Call) -> str:
    source, target = call.arguments.operands
    overwrite = "overwrite" in call.arguments
    return _told(exchange.export_tree(call.sandbox.fs, call.path(source), target, overwrite=overwrite), target)


def _told(moved: exchange.Moved, where: str) -> str:
    skipped = "".join(f"skipped {each}: a link or no regular file\n" for each in moved.skipped)
    return f"{skipped}{where}: {_counted(moved.files, 'file')}, {human_size(moved.size_bytes)}\n"


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _host_file(name: str) -> Path:
    source = Path(name).expanduser()
    if not source.is_file():
        raise NotFound(name, "on this machine")
    return source


def _content_type(source: Path) -> str:
    from jupyter_sandfs.filestore import content_types  # noqa: PLC0415  # loads a table that only uploads need

    return content_types.guess(source.name)


def _status(call: Call) -> str:
    sandbox, stats, usage = call.sandbox, call.sandbox.fs.stats(), call.sandbox.files.usage()
    kept = (
        "kept in its storage"
        if sandbox.durable
        else "in memory: lost when the kernel restarts. "
        "To keep files: %sandfs export / DIRECTORY, or %sandfs publish FILE"
    )
    return (
        f"sandbox '{sandbox.name}': {_counted(stats.file_count, 'file')}, "
        f"{human_size(stats.total_size)} of {human_size(sandbox.fs.limits.total_bytes)}; working directory "
        f"{sandbox.shell.cwd}\n"
        f"  {kept}\n"
        f"  staging store: {_counted(usage.file_count, 'file')}, {human_size(usage.total_bytes)} of "
        f"{human_size(usage.max_total_bytes)}\n"
        "  %sandfs help lists the commands, %sandfs browse shows the tree\n"
    )


# ---------------------------------------------------------------- cells


def _write(call: Call) -> str:
    path, options = call.path(call.arguments.operands[0]), call.arguments
    expected = options.number("expect-version", 0) if "expect-version" in options else None
    version = call.sandbox.fs.write_file(path, call.body, append="a" in options, expected_version=expected)
    return f"{path} ({len(call.body.encode())} bytes, version {version})\n"


def _script(call: Call) -> Any:
    return call.sandbox.run(call.body)


_KEY = Option("", "store it under this key", word="key", value="KEY")
_TTL = Option("", "how long it is kept: 30s, 15m, 24h, 7d", word="ttl", value="DURATION")
_OVERWRITE = Option("", "replace what is there", word="overwrite")

LINE_COMMANDS: Mapping[str, MagicCommand] = {
    "": MagicCommand(usage="%sandfs", help="Say what there is.", run=_status),
    "browse": MagicCommand(usage="%sandfs browse [PATH]", help="Show the tree browser.", run=_browse, operands=(0, 1)),
    "export": MagicCommand(
        usage="%sandfs export [--overwrite] PATH HOSTPATH",
        help="Copy a file or directory of the sandbox to this machine.",
        run=_export,
        options=(_OVERWRITE,),
        operands=(2, 2),
    ),
    "files download": MagicCommand(
        usage="%sandfs files download [--overwrite] KEY [HOSTPATH]",
        help="Copy a stored file to this machine.",
        run=_download,
        options=(_OVERWRITE,),
        operands=(1, 2),
    ),
    "files upload": MagicCommand(
        usage="%sandfs files upload [--key KEY] [--ttl DURATION] HOSTPATH",
        help="Put a file of this machine into the staging store and print its key.",
        run=_upload,
        options=(_KEY, _TTL),
        operands=(1, 1),
    ),
    "import": MagicCommand(
        usage="%sandfs import HOSTPATH PATH",
        help="Copy a file or directory of this machine into the sandbox.",
        run=_import,
        operands=(2, 2),
    ),
}
CELL_COMMANDS: Mapping[str, MagicCommand] = {
    "sh": MagicCommand(usage="%%sandfs sh", help="Run the cell as a script of the sandbox's shell.", run=_script),
    "write": MagicCommand(
        usage="%%sandfs write [-a] [--expect-version N] PATH",
        help="Write the cell's body to a file of the sandbox.",
        run=_write,
        options=(
            Option("a", "append instead", word="append"),
            Option("", "refuse unless this is the file's version; 0: it must not exist", "expect-version", "N"),
        ),
        operands=(1, 1),
    ),
}


def overview() -> str:
    """The commands that the magic adds to the shell's, for `%sandfs help`."""
    rows = [f"  {each.usage}\n      {each.help}\n" for each in (*LINE_COMMANDS.values(), *CELL_COMMANDS.values())]
    return f"Magics\n{''.join(rows)}  %sandfs LINE\n      Run a line in the sandbox's shell.\n\n"
