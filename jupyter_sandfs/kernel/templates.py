"""Bodies of cells with places to fill in: expressions of Python in braces as in f-strings, or Jinja."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, NamedTuple

from jupyter_sandfs.errors import InvalidRequest, Unsupported

if TYPE_CHECKING:
    from jupyter_sandfs.kernel.notebook import Notebook

_BRACKETS = {"(": ")", "[": "]", "{": "}"}
_CONVERSIONS: Mapping[str, Callable[[object], str]] = {"r": repr, "s": str, "a": ascii}


class _Field(NamedTuple):
    """One expression in braces, and where the text goes on."""

    expression: str
    conversion: str
    form: str
    end: int


def fill(body: str, engine: str, notebook: Notebook) -> str:
    """Fill in a template.

    Raises:
        InvalidRequest: it can't be read, or an expression fails; nothing is filled in then.
        Unsupported: Jinja is not installed.
    """
    try:
        fillers = {"python": _fill_python, "jinja": _fill_jinja}
        filler = fillers[engine]
    except KeyError:
        raise InvalidRequest(f"no template engine '{engine}': python or jinja") from None
    return filler(body, notebook)


def _fill_jinja(body: str, notebook: Notebook) -> str:
    if find_spec("jinja2") is None:
        raise Unsupported("Jinja is not installed: pip install jinja2, or fill in {expressions} with --template alone")
    import jinja2  # noqa: PLC0415  # only if it is there, and asked for

    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, keep_trailing_newline=True)  # noqa: S701  # files, not pages
    try:
        return environment.from_string(body).render(notebook.names)
    except Exception as error:
        raise InvalidRequest(f"template: {type(error).__name__}: {error}") from error


def _fill_python(body: str, notebook: Notebook) -> str:
    """Fill in as an f-string does; `{{` and `}}` stand for braces."""
    parts, at = [], 0
    while at < len(body):
        brace = min((place for place in (body.find("{", at), body.find("}", at)) if place >= 0), default=len(body))
        parts.append(body[at:brace])
        if brace == len(body):
            break
        if body.startswith(("{{", "}}"), brace):
            parts.append(body[brace])
            at = brace + 2
        elif body[brace] == "}":
            raise InvalidRequest(f"template, line {_line(body, brace)}: a single '}}' (write '}}}}' for a brace)")
        else:
            field = _read(body, brace + 1)
            parts.append(_value(field, body, brace, notebook))
            at = field.end
    return "".join(parts)


def _value(field: _Field, body: str, brace: int, notebook: Notebook) -> str:
    try:
        if not field.expression.strip():
            raise SyntaxError("nothing in braces")  # noqa: TRY301  # told as what Python itself says
        value: Any = notebook.evaluate(field.expression.strip())
        if field.conversion:
            value = _CONVERSIONS[field.conversion](value)
        return format(value, field.form)
    except Exception as error:
        shown = " ".join(field.expression.split())[:60]
        told = f"template, line {_line(body, brace)}: {{{shown}}}: {type(error).__name__}: {error}"
        raise InvalidRequest(told) from error


def _read(body: str, start: int) -> _Field:
    """Read from behind a brace to the one that closes it."""
    end = _outside(body, start, "}:!")
    expression, conversion, form = body[start:end], "", ""
    if body[end] == "!":
        conversion = body[end + 1 : end + 2]
        if conversion not in _CONVERSIONS or body[end + 2 : end + 3] not in {":", "}"}:
            raise InvalidRequest(f"template, line {_line(body, end)}: '!' is followed by r, s or a")
        end += 2
    if body[end] == ":":
        closing = body.find("}", end)
        form, end = body[end + 1 : closing], closing
    if end < 0:
        raise _unclosed(body, start)
    return _Field(expression, conversion, form, end + 1)


def _outside(body: str, start: int, ends: str) -> int:
    """Where one of the characters stands outside of brackets and strings."""
    waiting: list[str] = []
    at = start
    while at < len(body):
        character = body[at]
        if character in "'\"":
            at = _string_end(body, at)
        elif waiting and character == waiting[-1]:
            waiting.pop()
        elif character in _BRACKETS:
            waiting.append(_BRACKETS[character])
        elif not waiting and character in ends and not (character == "!" and body.startswith("!=", at)):
            return at
        at += 1
    raise _unclosed(body, start)


def _string_end(body: str, start: int) -> int:
    """The last character of a string of Python that begins at `start`."""
    quote = body[start] * 3 if body.startswith(body[start] * 3, start) else body[start]
    at = start + len(quote)
    while at < len(body) and not body.startswith(quote, at):
        at += 2 if body[at] == "\\" else 1
    return at + len(quote) - 1


def _unclosed(body: str, start: int) -> InvalidRequest:
    return InvalidRequest(f"template, line {_line(body, start)}: '{{' is never closed (write '{{{{' for a brace)")


def _line(body: str, at: int) -> int:
    return body.count("\n", 0, at) + 1
