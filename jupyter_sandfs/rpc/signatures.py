"""Which arguments an operation takes: read once from its function, checked for every request."""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from jupyter_sandfs.errors import InvalidRequest

_NONE = type(None)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument as it stands on the wire.

    Attributes:
        keyword: name of the function's parameter: that of the wire, or with one underscore more where it would be a
            word of Python (`from_`).
        accepted: types of its JSON value; an empty tuple accepts all.
    """

    keyword: str
    accepted: tuple[type, ...]
    required: bool

    def accepts(self, value: object) -> bool:
        if isinstance(value, bool):  # to Python a truth value is also an int, to JSON it is not
            return not self.accepted or bool in self.accepted
        return not self.accepted or isinstance(value, self.accepted)


class Signature:
    """The arguments of one operation.

    Args:
        function: takes them by keyword after `leading` positional parameters; its annotations say the types.
    """

    def __init__(self, function: Callable[..., Any], leading: int) -> None:
        hints = typing.get_type_hints(function)
        named = list(inspect.signature(function).parameters.values())[leading:]
        self._parameters = {
            each.name.removesuffix("_"): Parameter(
                each.name, _accepted(hints.get(each.name, Any)), each.default is inspect.Parameter.empty
            )
            for each in named
        }

    def bind(self, op: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Give the keyword arguments to call the function with.

        Raises:
            InvalidRequest: names the argument that is missing, unknown or of a wrong type.
        """
        self._refuse_unknown(op, arguments)
        self._refuse_missing(op, arguments)
        for name, value in arguments.items():
            if not self._parameters[name].accepts(value):
                raise InvalidRequest(f"{op}: {name} is of the wrong type: {_type_name(value)}")
        return {self._parameters[name].keyword: value for name, value in arguments.items()}

    def _refuse_unknown(self, op: str, arguments: Mapping[str, Any]) -> None:
        unknown = [name for name in arguments if name not in self._parameters]
        if unknown:
            raise InvalidRequest(f"{op}: unknown argument: {unknown[0]}")

    def _refuse_missing(self, op: str, arguments: Mapping[str, Any]) -> None:
        missing = [name for name, each in self._parameters.items() if each.required and name not in arguments]
        if missing:
            raise InvalidRequest(f"{op}: missing argument: {missing[0]}")


def _accepted(hint: Any) -> tuple[type, ...]:
    """The classes that a hint allows: `int | None` gives both, `Any` none, `list[str]` just list."""
    if hint is Any:
        return ()
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
        return tuple(each for part in typing.get_args(hint) for each in _accepted(part))
    origin = typing.get_origin(hint) or hint
    return (int, float) if origin is float else (origin,)


def _type_name(value: object) -> str:
    return "null" if isinstance(value, _NONE) else type(value).__name__
