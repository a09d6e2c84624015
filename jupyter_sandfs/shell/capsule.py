"""Our file system, mounted live into the engine: what each function of the capsule does.

Nothing is copied in or out beforehand: every `open`, `stat` and `rename` of a script becomes one call here and then one
call of the `FileSystem`, so rules, hooks and views act as for every other caller.

A callback must never let an exception out: ctypes would print it and answer 0, which means success.
"""

from __future__ import annotations

import ctypes
import functools
import itertools
import struct
from collections.abc import Callable, Container, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from enum import Enum
from typing import Any

from jupyter_sandfs import paths
from jupyter_sandfs.errors import AlreadyExists, InvalidPath, IsADirectory, NotFound
from jupyter_sandfs.shell import capsule_abi as abi
from jupyter_sandfs.shell import stand_ins
from jupyter_sandfs.shell.caps import Patterns
from jupyter_sandfs.shell.command import reason, shown_size
from jupyter_sandfs.shell.loans import CONTENT, Loans, Places
from jupyter_sandfs.vfs.entries import Kind, Stat
from jupyter_sandfs.vfs.interface import FileSystem, require_directory

_BILLION = 1_000_000_000
_FILE_TYPES = {Kind.FILE: abi.REGULAR, Kind.DIRECTORY: abi.DIRECTORY, Kind.SYMLINK: abi.SYMLINK}

Guard = Callable[[], "AbstractContextManager[Any] | None"]
"""Makes the context that a callback runs in: the action of the current run, the mark on the thread; None for none."""


def no_guard() -> None:
    """Leave callbacks as they are."""


# ---------------------------------------------------------------- what each function does


def _read_file(system: FileSystem, path: str) -> bytes:
    return system.read_bytes(path)


def _write_file(system: FileSystem, path: str, data: bytes) -> None:
    if path != stand_ins.NULL:
        system.write_bytes(_in_a_directory(system, path), data)


def _append_file(system: FileSystem, path: str, data: bytes) -> None:
    if path != stand_ins.NULL:
        system.write_bytes(_in_a_directory(system, path), data, append=True)


def _mkdir(system: FileSystem, path: str, recursive: bool) -> None:  # noqa: FBT001 - the signature is the engine's
    system.mkdir(path, parents=recursive, exist_ok=recursive)


def _remove(system: FileSystem, path: str, recursive: bool) -> None:  # noqa: FBT001 - the signature is the engine's
    system.remove(path, recursive=recursive)


def _stat(system: FileSystem, path: str) -> Stat:
    """Describe the node itself: the engine follows links where it wants to, and asks this before `rm` and `find`."""
    return system.stat(path, follow=False)


def _exists(system: FileSystem, path: str) -> bool:
    return system.exists(path)


def _read_dir(system: FileSystem, path: str) -> list[tuple[str, Stat]]:
    return [(entry.name, entry.stat) for entry in system.ls(path)]


def _rename(system: FileSystem, source: str, destination: str) -> None:
    _require_parent(system, destination)
    system.move(source, destination, overwrite=True)


def _copy(system: FileSystem, source: str, destination: str) -> None:
    """Copy one file as `cp` does: links are followed on both sides."""
    real = system.resolve(source)
    if system.stat(real).is_dir:
        raise IsADirectory(source)
    system.copy(real, _in_a_directory(system, destination), overwrite=True)


def _symlink(system: FileSystem, target: str, path: str) -> None:
    _require_parent(system, path)
    if system.get_entry(path):
        raise AlreadyExists(path)
    system.symlink(target, path)


def _read_link(system: FileSystem, path: str) -> bytes:
    return system.readlink(path).encode()


def _chmod(system: FileSystem, path: str, mode: int) -> None:
    system.chmod(path, mode)


def _in_a_directory(system: FileSystem, path: str) -> str:
    """Give `path` with links followed; the file system makes missing parents, a shell must not."""
    target = system.resolve(path)
    _require_parent(system, target)
    return target


def _require_parent(system: FileSystem, path: str) -> None:
    above = path.rpartition("/")[0] or paths.ROOT  # of a normal path, as nearly all are, the directory above
    if not system.is_dir(above):
        require_directory(system, paths.parent(path))


# ---------------------------------------------------------------- answers, as C has them

Answer = Callable[[Loans, Any], "tuple[Any, ...]"]


def _bytes_answer(loans: Loans, data: bytes) -> tuple[int, int]:
    return (loans.lend(data), len(data)) if data else (0, 0)


def _facts(_loans: Loans, stat: Stat) -> tuple[int, ...]:
    modified, created = stat.modified_ns, stat.created_ns
    return (
        _FILE_TYPES[stat.kind],
        stat.size if stat.kind is Kind.FILE else shown_size(stat),
        stat.mode,
        modified // _BILLION,
        modified % _BILLION,
        created // _BILLION,
        created % _BILLION,
    )


def _flag(_loans: Loans, value: bool) -> tuple[bool]:  # noqa: FBT001 - a value, not an option
    return (value,)


def _entries(loans: Loans, rows: list[tuple[str, Stat]]) -> tuple[int, int]:
    """Lend an array of rows; the names live as long as the array."""
    if not rows:
        return 0, 0
    names = [name.encode() for name, _ in rows]
    packed = [
        abi.ENTRY.pack(id(name) + CONTENT, len(name), *_facts(loans, stat))
        for name, (_, stat) in zip(names, rows, strict=True)
    ]
    array = b"".join(packed)
    return loans.lend(array, (array, names)), len(rows)


# ---------------------------------------------------------------- the functions of the table


class Takes(Enum):
    """What a function of the table takes."""

    PATH = "a path"
    CONTENT = "a path, and bytes"
    VALUE = "a path, and a number"
    PATHS = "two paths"


@dataclass(frozen=True, slots=True)
class Operation:
    """One function of the table: what it takes, what it does, and how its answer is packed.

    Attributes:
        stand_in: answers where nothing is, or gives None; see `stand_ins`.
    """

    takes: Takes
    perform: Callable[..., Any]
    answer: Answer | None = None
    layout: struct.Struct = abi.SLICE
    stand_in: Callable[[str, Container[str]], Any] | None = None


OPERATIONS: Mapping[str, Operation] = {
    "read_file": Operation(Takes.PATH, _read_file, _bytes_answer, stand_in=stand_ins.content),
    "write_file": Operation(Takes.CONTENT, _write_file),
    "append_file": Operation(Takes.CONTENT, _append_file),
    "mkdir": Operation(Takes.VALUE, _mkdir),
    "remove": Operation(Takes.VALUE, _remove),
    "stat": Operation(Takes.PATH, _stat, _facts, abi.METADATA, stand_ins.stat),
    "read_dir": Operation(Takes.PATH, _read_dir, _entries, abi.ENTRIES),
    "exists": Operation(Takes.PATH, _exists, _flag, abi.FLAG),
    "rename": Operation(Takes.PATHS, _rename),
    "copy": Operation(Takes.PATHS, _copy),
    "symlink": Operation(Takes.PATHS, _symlink),
    "read_link": Operation(Takes.PATH, _read_link, _bytes_answer),
    "chmod": Operation(Takes.VALUE, _chmod),
}


def _text(address: int, length: int) -> str:
    raw = ctypes.string_at(address, length)
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise InvalidPath(ascii(raw), "a path is valid UTF-8") from None


Inputs = Callable[..., "tuple[Any, ...]"]
"""Makes the arguments of an operation of those of its function, without places."""

_INPUTS: Mapping[Takes, Inputs] = {
    Takes.CONTENT: lambda at, long, data, size: (_text(at, long), ctypes.string_at(data, size)),
    Takes.VALUE: lambda at, long, value: (_text(at, long), value),
    Takes.PATHS: lambda at, long, other, size: (_text(at, long), _text(other, size)),
}


def explain(problem: BaseException) -> tuple[int, str]:
    """Give the engine's kind of a failure, and its text."""
    number = getattr(problem, "errno", None)
    return abi.KIND_BY_ERRNO.get(number or 0, abi.OTHER_KIND), reason(problem)


@functools.lru_cache(maxsize=256)
def _words(text: str) -> bytes:
    """A text that is told again and again, in memory of its own."""
    return text.encode("utf-8", "replace")


# ---------------------------------------------------------------- the mount


class Mount:
    """One file system as the engine sees it.

    Attributes:
        system: the file system; another one may take its place.
        programs: the commands that answer as files would.
        patterns: notices what the engine makes of patterns.
        loans: memory that the engine holds; empty between runs.
    """

    _living: dict[int, Mount] = {}  # noqa: RUF012 - those that an engine holds, by instance
    _numbers = itertools.count(1)

    def __init__(self, system: FileSystem, guard: Guard = no_guard, *, in_registers: bool = abi.IN_REGISTERS) -> None:
        self.system = system
        self.programs: Container[str] = ()
        self.patterns = Patterns()
        self.loans = Loans()
        self._guard = guard
        self._holders = 0
        self._keep, self._let_go = abi.keep, abi.let_go  # at the end of the process the module has lost its names
        self._failures = Places(abi.FAILURE)
        self._instance = next(self._numbers)
        calls: dict[str, Callable[..., Any]] = {
            name: self._callback(operation) for name, operation in OPERATIONS.items()
        }
        calls |= {"free_bytes": self._free, "free_dir_entries": self._free}
        self._functions = {name: abi.function(name, call, in_registers=in_registers) for name, call in calls.items()}
        self._table = abi.FunctionTable(
            **{name: ctypes.cast(made, ctypes.c_void_p) for name, made in self._functions.items()}
        )
        self._handle = abi.Handle(
            abi.VERSION,
            0,
            self._instance,
            abi.LIFETIME(self._retain),
            abi.LIFETIME(self._release),
            ctypes.pointer(self._table),
        )

    def capsule(self) -> Any:
        """Give the object that the engine's `FileSystem.from_capsule` takes."""
        return abi.new_capsule(self._handle)

    def _callback(self, operation: Operation) -> Callable[..., int]:
        if operation.takes is Takes.PATH:
            return self._asking(operation)
        return self._doing(operation.perform, _INPUTS[operation.takes])

    def _asking(self, operation: Operation) -> Callable[..., int]:
        """A function that answers for a path: the commonest ones, so nothing is made here that can be made before."""
        perform, answer, loans, guard = operation.perform, operation.answer, self.loans, self._guard
        patterns, listing = self.patterns, perform is _read_dir
        pack, places = operation.layout.pack_into, Places(operation.layout)
        assert answer is not None

        def call(_instance: int, address: int, length: int, place: int, failure: int) -> int:
            try:
                path = _text(address, length)
                patterns.asked.append(path)
                try:
                    context = guard()
                    if context is None:
                        found = perform(self.system, path)
                    else:
                        with context:
                            found = perform(self.system, path)
                except NotFound:
                    found = self._instead(operation, path)
                if listing:
                    patterns.listed(path, len(found))
                pack(places[place], 0, *answer(loans, found))
            except BaseException as problem:  # noqa: BLE001 - nothing may pass into C: see the module's first lines
                return self._fail(failure, problem)
            return abi.OK

        return call

    def _instead(self, operation: Operation, path: str) -> Any:
        """Answer for what is not in the tree; called while NotFound is handled, which else is raised again."""
        found = None if operation.stand_in is None else operation.stand_in(path, self.programs)
        if found is None:
            raise  # noqa: PLE0704 - see above
        return found

    def _doing(self, perform: Callable[..., Any], inputs: Inputs) -> Callable[..., int]:
        """A function that changes something."""

        def call(_instance: int, *given: Any) -> int:
            try:
                *arguments, failure = given
                values = inputs(*arguments)
                with self._guard() or nullcontext():
                    perform(self.system, *values)
            except BaseException as problem:  # noqa: BLE001 - nothing may pass into C: see the module's first lines
                return self._fail(failure, problem)
            return abi.OK

        return call

    def _fail(self, failure: int, problem: BaseException) -> int:
        try:
            kind, text = explain(problem)
            words = _words(text)
            abi.FAILURE.pack_into(self._failures[failure], 0, kind, self.loans.lend(words), len(words))
        except BaseException:  # noqa: BLE001 - even `str(problem)` may raise; the engine still must see a failure
            abi.FAILURE.pack_into(self._failures[failure], 0, abi.OTHER_KIND, 0, 0)
        return abi.FAILED

    def _free(self, _instance: int, address: int | None, _length: int) -> None:
        self.loans.take_back(address)

    def _retain(self, _instance: int) -> None:
        self._holders += 1
        self._living[self._instance] = self
        self._keep(self)

    def _release(self, _instance: int) -> None:
        self._holders -= 1
        if self._holders <= 0:
            self._living.pop(self._instance, None)
        self._let_go(self)
