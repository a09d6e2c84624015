"""Values of the notebook as files: computed from the expression each time they are read.

A callable gives the content itself. A table is written in the format that the path's suffix names, a dict or a module
is a directory, anything else is its JSON or its text.
"""

from __future__ import annotations

import inspect
import io
import json
import re
from collections.abc import Callable, Mapping
from itertools import islice
from types import ModuleType
from typing import TYPE_CHECKING, Any

from jupyter_sandfs import paths
from jupyter_sandfs.errors import InvalidRequest
from jupyter_sandfs.vfs.providers import NodeContext, ProvidedNode

if TYPE_CHECKING:
    from jupyter_sandfs.kernel.notebook import Notebook

_NAMES = 10_000  # of one directory
_DEPTH = 16


def _csv(table: Any) -> str | bytes:
    if hasattr(table, "write_csv"):  # polars
        return str(table.write_csv())
    return str(table.to_csv(index=_is_labelled(table)))


def _tsv(table: Any) -> str | bytes:
    if hasattr(table, "write_csv"):
        return str(table.write_csv(separator="\t"))
    return str(table.to_csv(index=_is_labelled(table), sep="\t"))


def _json(table: Any) -> str | bytes:
    if hasattr(table, "write_json"):
        return str(table.write_json())
    return str(table.to_json(orient="records", indent=1, date_format="iso"))


def _parquet(table: Any) -> str | bytes:
    buffer = io.BytesIO()
    (table.write_parquet if hasattr(table, "write_parquet") else table.to_parquet)(buffer)
    return buffer.getvalue()


_FORMATS: Mapping[str, Callable[[Any], str | bytes]] = {
    ".csv": _csv,
    ".tsv": _tsv,
    ".json": _json,
    ".parquet": _parquet,
    ".txt": lambda table: f"{table}\n",
    ".html": lambda table: str(
        table.to_html() if hasattr(table, "to_html") else table._repr_html_()
    ),  # what notebooks show
}


def _is_labelled(table: Any) -> bool:
    """Whether the rows of a pandas table have names worth keeping."""
    index = getattr(table, "index", None)
    return index is not None and (getattr(index, "name", None) is not None or type(index).__name__ != "RangeIndex")


class Live:
    """An expression of Python as a node.

    Args:
        expression: evaluated now, to refuse what fails, and at each read.

    Raises:
        InvalidRequest: it fails, or is none.
    """

    def __init__(self, notebook: Notebook, expression: str) -> None:
        self._notebook = notebook
        self._expression = expression
        self._write: Callable[[Any], str | bytes] = content
        try:
            value = notebook.evaluate(expression)
        except Exception as error:
            raise InvalidRequest(f"{expression}: {type(error).__name__}: {error}") from error
        self.is_directory = isinstance(value, Mapping | ModuleType)
        self._kind = type(value).__name__
        if is_table(value):
            self._write = _FORMATS[".csv"]

    @property
    def told(self) -> str:
        """What is mounted, in words."""
        return f"follows {self._expression} ({self._kind})"

    def content_as(self, path: str) -> None:
        """Choose the format by the suffix of a path, if it is a table. Raises InvalidRequest for any other."""
        if self._write is content:
            return
        suffix = paths.suffix(path).lower()
        if suffix not in _FORMATS:
            raise InvalidRequest(f"{path}: a table is written as {', '.join(_FORMATS)}")
        self._write = _FORMATS[suffix]

    def content(self, context: NodeContext) -> str | bytes:
        """The content now; a provider of a file."""
        value = self._notebook.evaluate(self._expression)
        value = _called(value, context) if is_provider(value) else value
        return self._write(value) if is_table(value) else content(value)

    def children(self, _context: NodeContext) -> Mapping[str, ProvidedNode]:
        """The names now; a provider of a directory."""
        return _children(self._notebook.evaluate(self._expression), _DEPTH)


def _children(value: Any, depth: int) -> Mapping[str, ProvidedNode]:
    members = _public(value) if isinstance(value, ModuleType) else value
    return {_name(key, each): _node(each, depth - 1) for key, each in islice(members.items(), _NAMES)}


def _public(module: ModuleType) -> Mapping[str, Any]:
    return {name: each for name, each in vars(module).items() if not name.startswith("_")}


def _name(key: object, value: object) -> str:
    """A name for a file: slashes are no names, and a suffix says what is in it."""
    name = re.sub(r"[/\\\0]", "_", str(key)) or "(empty)"
    name = f"{name}_" if name in {".", ".."} else name
    if "." in name or isinstance(value, str | bytes | Mapping | ModuleType):
        return name
    if is_table(value):
        return f"{name}.csv"
    return f"{name}.py" if inspect.isclass(value) or inspect.isroutine(value) else name


def _node(value: Any, depth: int) -> ProvidedNode:
    if isinstance(value, Mapping) and depth > 0:
        return ProvidedNode.directory(_children(value, depth))
    if inspect.isclass(value) or inspect.isroutine(value):
        return ProvidedNode.file(content_provider=lambda _context: _source(value))
    if is_provider(value):
        return ProvidedNode.file(content_provider=lambda context: content(_called(value, context)))
    if is_table(value):
        return ProvidedNode.file(content_provider=lambda _context: _csv(value))
    return ProvidedNode.file(content_provider=lambda _context: content(value))


def _source(value: Any) -> str:
    """Python's source, or its signature and documentation where there is none."""
    try:
        return inspect.getsource(value)
    except (OSError, TypeError):
        return f"# {value!r}\n{inspect.getdoc(value) or ''}\n"


def is_table(value: Any) -> bool:
    """Whether a value is written as rows and columns: of pandas, polars, and what looks like them."""
    return hasattr(value, "columns") and (hasattr(value, "to_csv") or hasattr(value, "write_csv"))


def is_provider(value: Any) -> bool:
    """Whether a value is called for its content."""
    return callable(value) and not inspect.isclass(value) and not is_table(value)


def _called(function: Callable[..., Any], context: NodeContext) -> Any:
    """Call with the context if there is a place for it."""
    try:
        wants = any(each.default is each.empty for each in inspect.signature(function).parameters.values())
    except (TypeError, ValueError):  # a builtin that tells nothing
        wants = False
    return function(context) if wants else function()


def content(value: Any) -> str | bytes:
    """Any value as the content of a file."""
    if isinstance(value, str | bytes):
        return value
    if isinstance(value, bytearray | memoryview):
        return bytes(value)
    try:
        return json.dumps(value, indent=1, ensure_ascii=False) + "\n"
    except (TypeError, ValueError):
        return f"{value}\n"
