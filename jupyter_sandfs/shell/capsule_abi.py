"""The C interface through which the engine calls a foreign file system: `bashkit.FileSystem.v1`, in ctypes.

Layouts and signatures only, as the engine's crate declares them (repr(C), ABI version 1). The engine checks the version
and that every function is there when it takes the capsule. What the functions do is in `capsule`.
"""

from __future__ import annotations

import ctypes
import errno
from collections.abc import Mapping
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

    def __bytes__(self) -> bytes:
        return ctypes.string_at(self.pointer, self.length) if self.length else b""


class Failure(ctypes.Structure):
    """Why a call failed; the engine gives `message` back to `free_bytes`."""

    _fields_ = (("kind", ctypes.c_uint32), ("message", Slice))


class Metadata(ctypes.Structure):
    """Facts about one node; times are seconds since 1970 plus nanoseconds."""

    _fields_ = (
        ("file_type", ctypes.c_uint8),
        ("reserved", ctypes.c_uint8 * 7),
        ("size", ctypes.c_uint64),
        ("mode", ctypes.c_uint32),
        ("modified_seconds", ctypes.c_int64),
        ("modified_nanoseconds", ctypes.c_uint32),
        ("created_seconds", ctypes.c_int64),
        ("created_nanoseconds", ctypes.c_uint32),
    )


class Entry(ctypes.Structure):
    """One row of a listing."""

    _fields_ = (("name", Slice), ("metadata", Metadata))


class EntryList(ctypes.Structure):
    """An array of `Entry`; the engine gives it back to `free_dir_entries`."""

    _fields_ = (("pointer", ctypes.c_void_p), ("length", ctypes.c_size_t))


_INSTANCE = ctypes.c_void_p


def _fallible(*arguments: Any) -> Any:
    return ctypes.CFUNCTYPE(ctypes.c_uint32, _INSTANCE, *arguments, ctypes.POINTER(Failure))


SIGNATURES: Mapping[str, Any] = {
    "read_file": _fallible(Slice, ctypes.POINTER(Slice)),
    "write_file": _fallible(Slice, Slice),
    "append_file": _fallible(Slice, Slice),
    "mkdir": _fallible(Slice, ctypes.c_bool),
    "remove": _fallible(Slice, ctypes.c_bool),
    "stat": _fallible(Slice, ctypes.POINTER(Metadata)),
    "read_dir": _fallible(Slice, ctypes.POINTER(EntryList)),
    "exists": _fallible(Slice, ctypes.POINTER(ctypes.c_bool)),
    "rename": _fallible(Slice, Slice),
    "copy": _fallible(Slice, Slice),
    "symlink": _fallible(Slice, Slice),
    "read_link": _fallible(Slice, ctypes.POINTER(Slice)),
    "chmod": _fallible(Slice, ctypes.c_uint32),
    "free_bytes": ctypes.CFUNCTYPE(None, _INSTANCE, Slice),
    "free_dir_entries": ctypes.CFUNCTYPE(None, _INSTANCE, EntryList),
}
"""The functions of a file system in the order of the table that the engine reads."""

LIFETIME = ctypes.CFUNCTYPE(None, _INSTANCE)
"""Signature of `retain` and `release`."""


class FunctionTable(ctypes.Structure):
    _fields_ = tuple(SIGNATURES.items())


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


def new_capsule(handle: Handle) -> Any:
    """Wrap the address of `handle` for the engine; the caller keeps `handle` alive until it is released."""
    create = ctypes.pythonapi.PyCapsule_New
    create.restype = ctypes.py_object
    create.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
    return create(ctypes.addressof(handle), CAPSULE_NAME, None)
