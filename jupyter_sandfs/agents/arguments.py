"""Whether the arguments of a call are what a tool's schema says: the library for schemas decides, and words it.

Most calls are plainly right, and a look at types and bounds shows that at a tenth of the cost.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from jupyter_sandfs.agents.tool import Schema, Tool
from jupyter_sandfs.errors import InvalidRequest

_SILENT = {"description", "default"}  # keywords that demand nothing
_TYPES = {"string": str, "integer": int, "boolean": bool}
_Demand = Callable[[Any, Any], bool]
_DEMANDS: dict[str, _Demand] = {
    "type": lambda value, name: type(value) is _TYPES.get(name),
    "minLength": lambda value, least: len(value) >= least,
    "maxLength": lambda value, most: len(value) <= most,
    "minimum": lambda value, least: value >= least,
    "maximum": lambda value, most: value <= most,
}
_Demands = tuple[tuple[_Demand, Any], ...]


def check(tool: Tool, arguments: Mapping[str, Any]) -> None:
    """Raise InvalidRequest, in words for the model, unless a tool takes these arguments."""
    if _fits_plainly(tool, arguments):
        return
    problem = best_match(_validator(tool).iter_errors(dict(arguments)))
    if problem is not None:
        where = "/".join(map(str, problem.absolute_path))
        raise InvalidRequest(f"{tool.name}: {where + ': ' if where else ''}{problem.message:.500}")


def _fits_plainly(tool: Tool, arguments: Mapping[str, Any]) -> bool:
    """Say whether arguments surely fit; False says nothing."""
    demands, needed = _demands(tool)
    return needed <= arguments.keys() <= demands.keys() and all(
        demand(value, wanted) for name, value in arguments.items() for demand, wanted in demands[name]
    )


@lru_cache(maxsize=256)
def _demands(tool: Tool) -> tuple[Mapping[str, _Demands], frozenset[str]]:
    """What is demanded of each argument, its type first; and the names of those that may not be missing."""
    needed = frozenset(name for name, schema in tool.parameters.items() if "default" not in schema)
    return {name: _demanded(schema) for name, schema in tool.parameters.items()}, needed


def _demanded(schema: Schema) -> _Demands:
    keywords = [each for each in schema if each not in _SILENT]
    if not _DEMANDS.keys() >= {"type", *keywords} or str(schema.get("type")) not in _TYPES:
        return ((lambda _value, _wanted: False, None),)
    keywords.sort(key=lambda each: each != "type")
    return tuple((_DEMANDS[each], schema[each]) for each in keywords)


@lru_cache(maxsize=256)
def _validator(tool: Tool) -> Draft202012Validator:
    return Draft202012Validator(tool.schema)
