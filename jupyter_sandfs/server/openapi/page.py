"""The OpenAPI document as a page for people: `python -m jupyter_sandfs.server.openapi.page >docs/openapi.md`."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import Any

from jupyter_sandfs.server.openapi.document import PATHS
from jupyter_sandfs.server.openapi.parts import PROBLEM_TYPE, Json
from jupyter_sandfs.server.openapi.schemas import SCHEMAS

_HEAD = """\
# The OpenAPI document, for reading

Made from the document that a server gives at `/sandfs/v1/openapi.json`; [the HTTP interface](http.md) explains it.
Paths are below `/sandfs/v1`. Errors are `Problem` documents.
"""


def render() -> str:
    """The whole page, in Markdown."""
    operations = (_operation(path, method, told) for path, item in PATHS.items() for method, told in item.items())
    schemas = (_schema(name, schema) for name, schema in sorted(SCHEMAS.items()))
    return "\n".join([_HEAD, *operations, "## Documents\n", *schemas]).rstrip() + "\n"


def _operation(path: str, method: str, told: Json) -> str:
    lines = [f"## `{method.upper()} {path}`\n", f"{told['summary']} (`{told['operationId']}`).\n"]
    lines += _table(("argument", "where", "kind", "meaning"), map(_argument, told.get("parameters", ())))
    lines += [f"Body: {_contents(told['requestBody'])}.\n"] if "requestBody" in told else []
    lines += _table(("status", "answer", "headers"), (_answer(*each) for each in sorted(told["responses"].items())))
    return "\n".join(lines)


def _argument(each: Json) -> tuple[str, ...]:
    name = f"`{each['name']}`" + (", required" if each["required"] else "")
    return name, each["in"], _kind(each["schema"]), each["schema"].get("description", "")


def _answer(status: str, told: Json) -> tuple[str, ...]:
    content = told.get("content", {})
    what = "" if PROBLEM_TYPE in content or not content else f": {_contents(told)}"
    return status, told["description"] + what, ", ".join(f"`{name}`" for name in told.get("headers", ()))


def _contents(told: Json) -> str:
    kinds = ((media_type, _kind(each["schema"])) for media_type, each in told["content"].items())
    return ", ".join(f"`{media_type}` {kind}".rstrip() for media_type, kind in kinds)


def _schema(name: str, schema: Json) -> str:
    required = schema.get("required", ())
    rows = (
        (f"`{each}`" + ("" if each in required else ", optional"), _kind(rules), rules.get("description", ""))
        for each, rules in schema.get("properties", {}).items()
    )
    return "\n".join([f"### {name}\n", *_table(("member", "kind", "meaning"), rows)])


def _kind(schema: Json) -> str:
    """What a value is, in a word or two; empty where it may be anything."""
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    if schema.get("type") == "array":
        return f"list of {_kind(schema['items'])}"
    if "enum" in schema:
        return " or ".join(f"`{each}`" for each in schema["enum"])
    named: Any = schema.get("type", [])
    kinds = [named] if isinstance(named, str) else named
    bounds = [f"{word} {schema[key]}" for key, word in (("minimum", "from"), ("maximum", "to")) if key in schema]
    return " ".join([" or ".join(kinds), *bounds])


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """A table, unless it has no rows."""
    found = [_row(each) for each in rows]
    if found:
        yield "\n".join([_row(head), "|---" * len(head) + "|", *found, ""])


def _row(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(each.replace("|", "\\|") for each in cells) + " |"


if __name__ == "__main__":
    sys.stdout.write(render())
