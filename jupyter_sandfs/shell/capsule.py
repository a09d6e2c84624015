"""Our file system, mounted live into the engine: what each function of the capsule does.

Nothing is copied in or out beforehand: every `open`, `stat` and `rename` of a script becomes one call here and then one
call of the `FileSystem`, so rules, hooks and views act as for every other caller.

A callback must never let an exception out: ctypes would print it and answer 0, which means success.
"""

from __future__ import annotations

import ctypes
import itertools
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from jupyter_sandfs import paths
from jupyter_sandfs.errors import AlreadyExists, InvalidPath, IsADirectory
from jupyter_sandfs.shell import capsule_abi as abi
from jupyter_sandfs.shell.command import reason, shown_size
from jupyter_sandfs.vfs.entries import Kind, Stat
from jupyter_sandfs.vfs.interface import FileSystem, require_directory

_BILLION = 1_000_000_000
_FILE_TYPES = {Kind.FILE: abi.REGULAR, Kind.DIRECTORY: abi.DIRECTORY, Kind.SYMLINK: abi.SYMLINK}

Guard = Callable[[], AbstractContextManager[Any]]
"""Makes the context that every callback runs in: the action of the current run, the mark on the thread."""


# ---------------------------------------------------------------- memory lent to the engine


class Loans:
    """Python objects whose memory the engine reads, kept alive until it gives each one back."""

    def __init__(self) -> None:
        self._lent: dict[int, list[Any]] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return sum(len(owners) for owners in self._lent.values())

    def lend(self, address: int, owner: Any) -> None:
        with self._lock:
            self._lent.setdefault(address, []).append(owner)

    def take_back(self, address: int | None) -> None:
        with self._lock:
            owners = self._lent.get(address or 0)
            if owners:
                owners.pop()
            if not owners:
                self._lent.pop(address or 0, None)

    def lend_bytes(self, data: bytes) -> abi.Slice:
        """Lend without a copy; one object may be out several times."""
        if not data:
            return abi.Slice(None, 0)
        address = _address(data)
        self.lend(address, data)
        return abi.Slice(address, len(data))


def _address(data: bytes) -> int:
    address = ctypes.cast(ctypes.c_char_p(data), ctypes.c_void_p).value
    assert address is not None
    return address


# ---------------------------------------------------------------- what each function does


def _read_file(system: FileSystem, path: str) -> bytes:
    return system.read_bytes(path)


def _write_file(system: FileSystem, path: str, data: bytes) -> None:
    target = _in_a_directory(system, path)
    system.write_bytes(target, data)


def _append_file(system: FileSystem, path: str, data: bytes) -> None:
    target = _in_a_directory(system, path)
    system.write_bytes(target, data, append=True)


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
    require_directory(system, paths.parent(path))


# ---------------------------------------------------------------- translation to and from C


@dataclass(frozen=True, slots=True)
class Operation:
    """One function of the table: how its arguments are read, what it does, what its answer becomes."""

    perform: Callable[..., Any]
    inputs: tuple[Callable[[Any], Any], ...]
    answer: Callable[[Loans, Any], Any] | None = None


def _as_path(given: abi.Slice) -> str:
    raw = bytes(given)
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise InvalidPath(ascii(raw), "a path is valid UTF-8") from None


def _as_bytes(given: abi.Slice) -> bytes:
    return bytes(given)


def _as_given(value: Any) -> Any:
    return value


def _metadata(stat: Stat) -> abi.Metadata:
    modified, created = divmod(stat.modified_ns, _BILLION), divmod(stat.created_ns, _BILLION)
    return abi.Metadata(_FILE_TYPES[stat.kind], (0,) * 7, shown_size(stat), stat.mode, *modified, *created)


def _answer_bytes(loans: Loans, data: bytes) -> abi.Slice:
    return loans.lend_bytes(data)


def _answer_metadata(_loans: Loans, stat: Stat) -> abi.Metadata:
    return _metadata(stat)


def _answer_flag(_loans: Loans, value: bool) -> bool:  # noqa: FBT001 - a value, not an option
    return value


def _answer_entries(loans: Loans, rows: list[tuple[str, Stat]]) -> abi.EntryList:
    """Lend an array of rows; the names live as long as the array."""
    if not rows:
        return abi.EntryList(None, 0)
    names = [name.encode() for name, _ in rows]
    array = (abi.Entry * len(rows))()
    for place, (name, (_, stat)) in enumerate(zip(names, rows, strict=True)):
        array[place] = abi.Entry(abi.Slice(_address(name), len(name)), _metadata(stat))
    address = ctypes.addressof(array)
    loans.lend(address, (array, names))
    return abi.EntryList(address, len(rows))


OPERATIONS: Mapping[str, Operation] = {
    "read_file": Operation(_read_file, (_as_path,), _answer_bytes),
    "write_file": Operation(_write_file, (_as_path, _as_bytes)),
    "append_file": Operation(_append_file, (_as_path, _as_bytes)),
    "mkdir": Operation(_mkdir, (_as_path, _as_given)),
    "remove": Operation(_remove, (_as_path, _as_given)),
    "stat": Operation(_stat, (_as_path,), _answer_metadata),
    "read_dir": Operation(_read_dir, (_as_path,), _answer_entries),
    "exists": Operation(_exists, (_as_path,), _answer_flag),
    "rename": Operation(_rename, (_as_path, _as_path)),
    "copy": Operation(_copy, (_as_path, _as_path)),
    "symlink": Operation(_symlink, (_as_path, _as_path)),
    "read_link": Operation(_read_link, (_as_path,), _answer_bytes),
    "chmod": Operation(_chmod, (_as_path, _as_given)),
}


def explain(problem: BaseException) -> tuple[int, str]:
    """Give the engine's kind of a failure, and its text."""
    number = getattr(problem, "errno", None)
    return abi.KIND_BY_ERRNO.get(number or 0, abi.OTHER_KIND), reason(problem)


# ---------------------------------------------------------------- the mount


class Mount:
    """One file system as the engine sees it.

    Attributes:
        loans: memory that the engine holds; empty between runs.
    """

    _living: dict[int, Mount] = {}  # noqa: RUF012 - the engine holds addresses only: this keeps the objects, by instance
    _numbers = itertools.count(1)

    def __init__(self, system: FileSystem, guard: Guard = nullcontext) -> None:
        self.loans = Loans()
        self._system = system
        self._guard = guard
        self._holders = 0
        self._instance = next(self._numbers)
        releases = {"free_bytes": self._free, "free_dir_entries": self._free}
        functions = {name: self._callback(operation) for name, operation in OPERATIONS.items()} | releases
        self._functions = abi.FunctionTable(**{name: abi.SIGNATURES[name](call) for name, call in functions.items()})
        self._handle = abi.Handle(
            abi.VERSION,
            0,
            self._instance,
            abi.LIFETIME(self._retain),
            abi.LIFETIME(self._release),
            ctypes.pointer(self._functions),
        )

    def capsule(self) -> Any:
        """Give the object that the engine's `FileSystem.from_capsule` takes."""
        return abi.new_capsule(self._handle)

    def _callback(self, operation: Operation) -> Callable[..., int]:
        def call(_instance: int, *arguments: Any) -> int:
            *given, failure = arguments
            try:
                self._perform(operation, given)
            except BaseException as problem:  # noqa: BLE001 - nothing may pass into C: see the module's first lines
                return self._fail(failure, problem)
            return abi.OK

        return call

    def _perform(self, operation: Operation, given: list[Any]) -> None:
        inputs = [read(value) for read, value in zip(operation.inputs, given, strict=False)]
        with self._guard():
            answer = operation.perform(self._system, *inputs)
        if operation.answer is not None:
            given[-1][0] = operation.answer(self.loans, answer)

    def _fail(self, failure: Any, problem: BaseException) -> int:
        try:
            kind, text = explain(problem)
            failure[0] = abi.Failure(kind, self.loans.lend_bytes(text.encode("utf-8", "replace")))
        except BaseException:  # noqa: BLE001 - even `str(problem)` may raise; the engine still must see a failure
            failure[0] = abi.Failure(abi.OTHER_KIND, abi.Slice(None, 0))
        return abi.FAILED

    def _free(self, _instance: int, lent: abi.Slice | abi.EntryList) -> None:
        self.loans.take_back(lent.pointer)

    def _retain(self, _instance: int) -> None:
        self._holders += 1
        self._living[self._instance] = self

    def _release(self, _instance: int) -> None:
        self._holders -= 1
        if self._holders <= 0:
            self._living.pop(self._instance, None)
