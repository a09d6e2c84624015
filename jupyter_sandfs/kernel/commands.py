"""What `%sandfs` does itself: what takes a path of the host, a cell's body, or a page to show something on.

Everything else goes to the sandbox's shell, which never sees a path of the host.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from jupyter_sandfs import paths, staging, workspace
from jupyter_sandfs.errors import InvalidRequest, NotFound, SandfsError
from jupyter_sandfs.filestore import FileInfo, keys
from jupyter_sandfs.kernel.output import human_size
from jupyter_sandfs.sandbox import Sandbox
from jupyter_sandfs.shell.commands.store import seconds
from jupyter_sandfs.shell.options import HELP, Arguments, Option, parse
from jupyter_sandfs.shell.results import ShellResult
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
        run: gives what the magic returns; text is printed, a browser shown.
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
    return call.sandbox.browse(call.path(call.arguments.operands[0] if call.arguments.operands else "."))


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
        path = _host_path(target[0]) if target else Path()
        path = path / staging.original_name(reader.info) if path.is_dir() else path
        size = exchange.write_host_file(path, reader, overwrite="overwrite" in call.arguments)
    return f"{path} ({human_size(size)})\n"


def _import(call: Call) -> str:
    source, target = _host_path(call.arguments.operands[0]), call.arguments.operands[1]
    path = call.path(target)
    if target.endswith("/") or call.sandbox.fs.is_dir(path):
        path = paths.join(path, source.absolute().name)
    with call.sandbox.fs.action(f"import {source}", "owner"):
        moved = exchange.import_tree(call.sandbox.fs, source, path)
    return _told(moved, path)


def _export(call: Call) -> str:
    source, target = call.path(call.arguments.operands[0]), _host_path(call.arguments.operands[1])
    if target.is_dir() and call.sandbox.fs.is_file(source):
        target /= paths.name(source)
    moved = exchange.export_tree(call.sandbox.fs, source, target, overwrite="overwrite" in call.arguments)
    return _told(moved, str(target))


def _save(call: Call) -> str:
    arguments, options = call.arguments, call.arguments.options
    saved = call.sandbox.save(
        options.get("to"),
        *arguments.operands,
        keep=arguments.number("keep", 0) if "keep" in options else None,
        ttl=seconds(options["ttl"]) if "ttl" in options else None,
    )
    return f"{saved.name} ({human_size(saved.info.size_bytes)})\n"


def _load(call: Call) -> str:
    options = call.arguments.options
    if call.sandbox.fs.listdir("/") and "overwrite" not in call.arguments:
        raise InvalidRequest("the sandbox is not empty: --overwrite replaces all that is in it")
    name = call.arguments.operands[0] if call.arguments.operands else None
    with call.sandbox.fs.action("load", "owner"):
        loaded = call.sandbox.reload(options.get("from"), name, sandbox=options.get("sandbox"))
    stats = call.sandbox.fs.stats()
    lost = f"without their providers, mount them again: {', '.join(loaded.lost)}\n" if loaded.lost else ""
    told = f"{_counted(stats.file_count, 'file')}, {human_size(stats.total_size)}"
    return f"{loaded.about.get('name')} of {loaded.about.get('saved_at')}: {told}\n{lost}"


def _saved(call: Call) -> str:
    url, gone = (call.arguments.options.get(name) for name in ("from", "delete"))
    sandbox = call.arguments.options.get("sandbox", call.sandbox.name)
    with call.sandbox.store_at(url) as store:
        if gone is not None and not workspace.delete(store, sandbox, gone):
            raise NotFound(gone, f"nothing of sandbox '{sandbox}' was saved under this name")
        rows = workspace.saved(store, sandbox)
    return "".join(
        f"{each.info.created_at:%Y-%m-%d %H:%M}  {human_size(each.info.size_bytes):>10}  {each.name}\n" for each in rows
    )


def _told(moved: exchange.Moved, where: str) -> str:
    skipped = "".join(f"skipped {each}: a link or no regular file\n" for each in moved.skipped)
    return f"{skipped}{where}: {_counted(moved.files, 'file')}, {human_size(moved.size_bytes)}\n"


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _host_path(name: str) -> Path:
    if "\0" in name:
        raise InvalidRequest("a path holds no NUL")
    try:
        return Path(name).expanduser()
    except RuntimeError:
        raise InvalidRequest(f"no such user on this machine: {name}") from None


def _host_file(name: str) -> Path:
    source = _host_path(name)
    if not source.exists():
        raise NotFound(name, "on this machine")
    if not source.is_file():
        raise InvalidRequest(f"{name}: not a file; %sandfs import copies directories")
    return source


def _content_type(source: Path) -> str:
    from jupyter_sandfs.filestore import content_types  # noqa: PLC0415  # loads a table that only uploads need

    return content_types.guess(source.name)


def _status(call: Call) -> str:
    sandbox, stats = call.sandbox, call.sandbox.fs.stats()
    how = "%sandfs save, %sandfs export / DIRECTORY, or %sandfs publish FILE"
    advice = "" if sandbox.durable else f". To keep files: {how}"
    return (
        f"sandbox '{sandbox.name}': {_counted(stats.file_count, 'file')}, "
        f"{human_size(stats.total_size)} of {human_size(sandbox.fs.limits.total_bytes)}; working directory "
        f"{sandbox.shell.cwd}\n"
        f"  {sandbox.kept}{advice}\n"
        f"  staging store: {_store_status(sandbox)}\n"
        "  %sandfs help lists the commands, %sandfs browse shows the tree\n"
    )


def _store_status(sandbox: Sandbox) -> str:
    try:
        usage = sandbox.files.usage()
    except (SandfsError, OSError) as error:  # the sandbox itself works without its store
        return f"not available ({error})"
    size = f"{human_size(usage.total_bytes)} of {human_size(usage.max_total_bytes)}"
    return f"{_counted(usage.file_count, 'file')}, {size}"


def _help(call: Call) -> Any:
    """Describe the magic's commands beside those of the shell."""
    names = call.arguments.operands
    if not names:
        return overview() + call.sandbox.run("help").stdout
    ours = {name: _own(name) for name in names}
    others = [name for name in names if not ours[name] or name in call.sandbox.shell.commands]
    told = "\n".join(each.describe() for name in names for each in ours[name])
    if not others:
        return told
    result = call.sandbox.run(shlex.join(["help", *others]))
    return replace(result, stdout="\n".join(text for text in (result.stdout, told) if text))


def _own(name: str) -> list[MagicCommand]:
    """The magic's commands that begin with a word."""
    every = (*LINE_COMMANDS.items(), *CELL_COMMANDS.items())
    return [each for command, each in every if command.partition(" ")[0] == name]


# ---------------------------------------------------------------- cells


def _write(call: Call) -> str:
    path, options = call.path(call.arguments.operands[0]), call.arguments
    expected = options.number("expect-version", 0) if "expect-version" in options else None
    try:
        content = call.body.encode()
    except UnicodeEncodeError:
        raise InvalidRequest(
            "the cell holds half a character (a lone surrogate): it can't be written as UTF-8"
        ) from None
    version = call.sandbox.fs.write_bytes(path, content, append="a" in options, expected_version=expected)
    return f"{path} ({_counted(len(content), 'byte')}, version {version})\n"


def _script(call: Call) -> Any:
    return call.sandbox.run(call.body)


def _python(call: Call) -> ShellResult:
    """Run the cell; the value of its last line is printed as in a notebook."""
    cwd, argv = call.sandbox.shell.cwd, call.arguments.operands
    result = call.sandbox.python(call.body, path=cwd, argv=argv)
    shown = "" if result.shown is None else f"{result.shown}\n"
    return ShellResult(
        result.stdout + shown, result.stderr, result.exit_code, result.duration, result.truncated, result.changes
    )


_KEY = Option("", "store it under this key", word="key", value="KEY")
_TTL = Option("", "how long it is kept: 30s, 15m, 24h, 7d", word="ttl", value="DURATION")
_OVERWRITE = Option("", "replace what is there", word="overwrite")
_FROM = Option("", "another store than the sandbox's own", word="from", value="URL")
_SANDBOX = Option("", "what the sandbox was called, if not as this one", word="sandbox", value="NAME")

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
    "help": MagicCommand(
        usage="%sandfs help [COMMAND...]", help="List all commands, or describe some.", run=_help, operands=(0, 100)
    ),
    "import": MagicCommand(
        usage="%sandfs import HOSTPATH PATH",
        help="Copy a file or directory of this machine into the sandbox; links are skipped.",
        run=_import,
        operands=(2, 2),
    ),
    "load": MagicCommand(
        usage="%sandfs load [--from URL] [--sandbox NAME] [--overwrite] [NAME]",
        help="Put what was saved in place of all that is there; the latest if no name is given.",
        run=_load,
        options=(_FROM, _SANDBOX, Option("", "replace all that is in the sandbox", word="overwrite")),
        operands=(0, 1),
    ),
    "save": MagicCommand(
        usage="%sandfs save [--to URL] [--keep N] [--ttl DURATION] [NAME]",
        help="Save the whole sandbox in a staging store, under the time if no name is given.",
        run=_save,
        options=(
            Option("", "another store than the sandbox's own", word="to", value="URL"),
            Option("", "of those without a name, keep so many", word="keep", value="N"),
            _TTL,
        ),
        operands=(0, 1),
    ),
    "saved": MagicCommand(
        usage="%sandfs saved [--from URL] [--sandbox NAME] [--delete NAME]",
        help="List what was saved, after deleting one if asked.",
        run=_saved,
        options=(_FROM, _SANDBOX, Option("", "delete this one", word="delete", value="NAME")),
    ),
}
CELL_COMMANDS: Mapping[str, MagicCommand] = {
    "python": MagicCommand(
        usage="%%sandfs python [ARG...]",
        help="Run the cell in the sandbox's Python, a subset; the value of its last line is printed.",
        run=_python,
        operands=(0, 100),
    ),
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
