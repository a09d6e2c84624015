"""The C interface through which the engine calls a foreign file system: `bashkit.FileSystem.v1`, in ctypes.

Layouts and signatures only, as the engine's crate declares them (repr(C), ABI version 1). The engine checks the version
and that every function is there when it takes the capsule. What the functions do is in `capsule`.

The engine asks thousands of times in a script, and most of what an answer costs is ctypes making objects of arguments.
So what is read is taken as address and length, and what is written is packed at an address.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys
from collections.abc import Callable, Mapping
from typing import Any

CAPSULE_NAME = b"bashkit.FileSystem.v1"
VERSION = 1

OK = 0
FAILED = 1

REGULAR, DIRECTORY, SYMLINK = 0, 1, 2
"""Values of `Metadata.file_type`."""


class Slice(ctypes.Structure):
    """Bytes that someone else owns: text as UTF-8, or a file's content."""

    _fields_ = (("pointer", ctypes.c_void_p), ("length", ctypes.c_size_t))


SLICE = struct.Struct("@PN")
"""Bytes that we own until the engine gives them back: address and length."""

FAILURE = struct.Struct("@IPN")
"""Why a call failed: its kind, and a `SLICE` with the message, which the engine gives back to `free_bytes`."""

METADATA = struct.Struct("@B7xQIqIqI0q")
"""Facts about one node: file type, size, mode; modified and created, each as seconds since 1970 and nanoseconds."""

ENTRY = struct.Struct("@PNB7xQIqIqI0q")
"""One row of a listing: the name as a `SLICE`, then `METADATA`."""

ENTRIES = struct.Struct("@PN")
"""Address and number of rows of a listing; the engine gives it back to `free_dir_entries`."""

FLAG = struct.Struct("@?")

_INSTANCE, _PLACE = ctypes.c_void_p, ctypes.c_void_p
_APART = (ctypes.c_void_p, ctypes.c_size_t)
_WHOLE = (Slice,)

IN_REGISTERS = (
    os.name == "posix" and sys.maxsize > 1 << 32 and platform.machine() in {"x86_64", "amd64", "aarch64", "arm64"}
)
"""Whether a structure of two words is passed as two arguments would be: so the System V and the AAPCS64 calling
conventions have it, as long as there are registers for all; no function here has more than six words."""

_TAKES: Mapping[str, tuple[Any, ...]] = {
    "read_file": (Slice, _PLACE),
    "write_file": (Slice, Slice),
    "append_file": (Slice, Slice),
    "mkdir": (Slice, ctypes.c_bool),
    "remove": (Slice, ctypes.c_bool),
    "stat": (Slice, _PLACE),
    "read_dir": (Slice, _PLACE),
    "exists": (Slice, _PLACE),
    "rename": (Slice, Slice),
    "copy": (Slice, Slice),
    "symlink": (Slice, Slice),
    "read_link": (Slice, _PLACE),
    "chmod": (Slice, ctypes.c_uint32),
    "free_bytes": (Slice,),
    "free_dir_entries": (Slice,),
}
"""The functions of a file system in the order of the table that the engine reads, with what they take. All but the
last two take a place for a `FAILURE` as well, and say whether they failed."""

FUNCTIONS = tuple(_TAKES)


def function(name: str, call: Callable[..., Any], *, in_registers: bool = IN_REGISTERS) -> Any:
    """Make the C function `name` of a callable that takes slices as address and length, and places as addresses."""
    types: list[Any] = [_INSTANCE]
    for each in _TAKES[name]:
        types += (_APART if in_registers else _WHOLE) if each is Slice else (each,)
    if name.startswith("free_"):
        prototype = ctypes.CFUNCTYPE(None, *types)
    else:
        prototype = ctypes.CFUNCTYPE(ctypes.c_uint32, *types, _PLACE)
    return prototype(call if in_registers else _taking_slices(call))


def _taking_slices(call: Callable[..., Any]) -> Callable[..., Any]:
    def spread(*given: Any) -> Any:
        apart: list[Any] = []
        for each in given:
            apart += (each.pointer, each.length) if isinstance(each, Slice) else (each,)
        return call(*apart)

    return spread


LIFETIME = ctypes.CFUNCTYPE(None, _INSTANCE)
"""Signature of `retain` and `release`."""


class FunctionTable(ctypes.Structure):
    _fields_ = tuple((name, ctypes.c_void_p) for name in FUNCTIONS)


class Handle(ctypes.Structure):
    """What the capsule points to."""

    _fields_ = (
        ("version", ctypes.c_uint32),
        ("reserved", ctypes.c_uint32),
        ("instance", _INSTANCE),
        ("retain", LIFETIME),
        ("release", LIFETIME),
        ("functions", ctypes.POINTER(FunctionTable)),
    )


OTHER_KIND = 0
KIND_BY_ERRNO: Mapping[int, int] = {
    errno.ENOENT: 1,
    errno.EEXIST: 2,
    errno.EACCES: 3,
    errno.EPERM: 3,
    errno.EROFS: 3,
    errno.EINVAL: 4,
    errno.EISDIR: 5,
    errno.ENOTDIR: 6,
    errno.ENOTEMPTY: 7,
    errno.ENOSYS: 8,
}
"""The engine's kinds of failure; what has no errno here is `OTHER_KIND` and told by its message."""


_COUNTING = ctypes.PYFUNCTYPE(None, ctypes.py_object)

keep = _COUNTING(("Py_IncRef", ctypes.pythonapi))
"""Counts a reference that only C has. A dictionary would not do: at the end of the process it is emptied first."""

let_go = _COUNTING(("Py_DecRef", ctypes.pythonapi))
"""Ends what `keep` began. The object must be part of a cycle, if one of its functions is running."""


def new_capsule(handle: Handle) -> Any:
    """Wrap the address of `handle` for the engine; the caller keeps `handle` alive until it is released."""
    create = ctypes.pythonapi.PyCapsule_New
    create.restype = ctypes.py_object
    create.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
    return create(ctypes.addressof(handle), CAPSULE_NAME, None)
