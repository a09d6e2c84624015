"""The document itself, for the routes that are mounted; and what an operation demands of a request."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from jupyter_sandfs.errors import InvalidRequest
from jupyter_sandfs.server.openapi.parts import Json, answer, operation, problems
from jupyter_sandfs.server.openapi.sandbox_operations import SANDBOXES
from jupyter_sandfs.server.openapi.schemas import SCHEMAS
from jupyter_sandfs.server.openapi.store_operations import FILES, SIGNED, UPLOADS

ITSELF: Json = {
    "/openapi.json": {
        "get": operation("describeApi", "This document", {"200": answer("OpenAPI 3.1", {}), **problems(403)}),
    },
}
PATHS: Mapping[str, Json] = {**SANDBOXES, **FILES, **SIGNED, **UPLOADS, **ITSELF}

# Keys have slashes of their own; other parameters are one segment.
_PATTERNS = {"{key}": "(.+)", "{upload}": "([^/]+)", "{token}": "([^/]+)"}
_TRUTHS = {"true": True, "1": True, "false": False, "0": False}
_WHOLE = re.compile(r"-?\d{1,18}", re.ASCII)
_NUMBER = re.compile(r"-?\d{1,18}(\.\d{1,18})?", re.ASCII)
_LONGEST_COMPLAINT = 200


def document(base_url: str, version: str, mounted: Iterable[str]) -> Json:
    """The document of a server that has the routes `mounted`, regular expressions below `base_url`."""
    patterns = set(mounted)
    return {
        "openapi": "3.1.0",
        "info": {"title": "jupyter_sandfs", "version": version, "license": {"name": "MIT", "identifier": "MIT"}},
        "servers": [{"url": base_url}],
        "security": [{"token": []}, {"cookie": []}],
        "paths": {path: item for path, item in PATHS.items() if _route_of(path) in patterns},
        "components": {
            "schemas": SCHEMAS,
            "securitySchemes": {
                "token": {"type": "apiKey", "in": "header", "name": "Authorization", "description": "token TOKEN"},
                "cookie": {"type": "apiKey", "in": "cookie", "name": "username-*", "description": "Jupyter's login"},
            },
        },
    }


def find(method: str, path: str) -> Json | None:
    """The operation that a request means, by its path below the version; None if there is none."""
    for pattern, item in _patterns():
        told = item.get(method.lower())
        if told is not None and pattern.fullmatch(path):
            found: Json = told
            return found
    return None


def methods(path: str) -> list[str]:
    """The methods that a path takes, as the header Allow lists them."""
    return sorted({name.upper() for pattern, item in _patterns() if pattern.fullmatch(path) for name in item})


def check_query(told: Mapping[str, Any], argument: Callable[[str], str | None]) -> None:
    """Hold the query of a request to its operation; arguments that the document does not name are ignored.

    Args:
        argument: gives the value of an argument, None if it is absent.

    Raises:
        InvalidRequest: something is missing or of another kind.
    """
    for each in told.get("parameters", ()):
        if each["in"] == "query":
            _check_argument(each, argument(each["name"]))


def check_body(told: Mapping[str, Any], body: object) -> None:
    """Hold a JSON body to its operation. Raises InvalidRequest."""
    _check(told["requestBody"]["content"]["application/json"]["schema"], body, "the body")


def _check_argument(told: Json, value: str | None) -> None:
    name, schema = told["name"], told["schema"]
    if value is not None:
        _check(schema, _read(schema["type"], value), name)
    elif told["required"]:
        raise InvalidRequest(f"missing query argument: {name}")


def _read(kind: str, value: str) -> Any:
    """What a query argument means; one that cannot be read stays a string, and fails the check of its type."""
    if kind == "boolean":
        return _TRUTHS.get(value.lower(), value)
    if kind == "integer" and _WHOLE.fullmatch(value):
        return int(value)
    return float(value) if kind == "number" and _NUMBER.fullmatch(value) else value


def _check(schema: Json, value: object, what: str) -> None:
    error = next(Draft202012Validator(schema).iter_errors(value), None)
    if error is not None:
        place = ".".join(map(str, error.absolute_path))
        raise InvalidRequest(f"{what}{place and f', {place}'}: {error.message}"[:_LONGEST_COMPLAINT])


def _route_of(path: str) -> str:
    """The regular expression of the route that carries out an operation."""
    if path.startswith("/files/{key}/"):
        return "/files/(.+)"
    for name, pattern in _PATTERNS.items():
        path = path.replace(name, pattern)
    return path


@cache
def _patterns() -> list[tuple[re.Pattern[str], Json]]:
    return list(_compile())


def _compile() -> Iterator[tuple[re.Pattern[str], Json]]:
    # Those with most segments first: an action on a file goes before the file.
    for path in sorted(PATHS, key=lambda each: -each.count("/")):
        expression = path
        for name, pattern in _PATTERNS.items():
            expression = expression.replace(name, pattern)
        # A key may ask for a line break: it is refused as a key, not as a route.
        yield re.compile(expression, re.DOTALL), PATHS[path]
