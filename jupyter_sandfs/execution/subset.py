"""What the snippet language lacks of Python: recognised in its errors, so that the message can say what to do."""

from __future__ import annotations

import builtins
import pathlib
import re
import sys
from collections.abc import Callable
from typing import NamedTuple

HINT = (
    "this is a subset of Python, for files and text; for full Python, with what is installed, run it as: host python3"
)


class _Sign(NamedTuple):
    """How something that is missing shows: class of the error (any, if empty), its text, and a name that it holds."""

    kind: str
    text: re.Pattern[str]
    told: Callable[[str], bool]


def _always(_name: str) -> bool:
    return True


def _is_a_builtin(name: str) -> bool:
    return hasattr(builtins, name)


def _is_a_library_module(name: str) -> bool:
    return name in sys.stdlib_module_names


def _is_of_a_path(name: str) -> bool:
    return hasattr(pathlib.Path, name)


_FACTS = "errno|filename|strerror|args"  # of an exception; here it has only its text

_SIGNS = (
    _Sign("", re.compile(r"(does not yet support|not yet supported)"), _always),
    _Sign("NotImplementedError", re.compile(r"(only supported by)"), _always),
    _Sign("ModuleNotFoundError", re.compile(r"No module named '([^']*)'"), _always),
    _Sign("ImportError", re.compile(r"cannot import name '([^']*)'"), _always),
    _Sign("NameError", re.compile(r"name '(\w+)' is not defined"), _is_a_builtin),
    _Sign("AttributeError", re.compile(r"module '([\w.]+)' has no attribute"), _is_a_library_module),
    _Sign("AttributeError", re.compile(r"'PosixPath' has no attribute '(\w+)'"), _is_of_a_path),
    _Sign("AttributeError", re.compile(r"'PosixPath' object has no attribute '(\w+)'"), _is_of_a_path),
    _Sign("AttributeError", re.compile(r"'_io\.\w+' object has no attribute '(\w+)'"), _always),
    _Sign("AttributeError", re.compile(rf"'\w*Error' object has no attribute '({_FACTS})'"), _always),
    _Sign("ValueError", re.compile(r"(exclusive creation mode is not) supported"), _always),
    _Sign("RuntimeError", re.compile(r"(is not supported) in this environment"), _always),
    _Sign("RuntimeError", re.compile(r"(Internal error in monty)"), _always),
    _Sign("TypeError", re.compile(r"'[<>]=?' not supported between instances of '(PosixPath)'"), _always),
    _Sign("TypeError", re.compile(r"print\(\) '(file)' argument must be"), _always),
)


def hint(kind: str, text: str) -> str:
    """Say what to do about an error, if it is one of something that real Python has; else an empty text.

    Args:
        kind: name of the exception's class.
        text: its message; only the beginning is looked at.
    """
    beginning = text[:300]
    for sign in _SIGNS:
        found = sign.text.search(beginning) if sign.kind in {kind, ""} else None
        if found is not None and sign.told(found[1]):
            return HINT
    return ""
