"""Pieces that the tables of operations are made of (OpenAPI 3.1.1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]

PROBLEM_TYPE = "application/problem+json"
OCTETS = "application/octet-stream"

_MEANINGS: Mapping[int, str] = {
    400: "The request cannot be understood, or names something impossible.",
    403: "No login, no right, or refused by a policy, a hook or an expired link.",
    404: "Not there, or not to be seen.",
    405: "The route does not take this method.",
    409: "What is there now stands against it.",
    412: "The condition does not hold: another content or version is there.",
    413: "Too large for the limits.",
    415: "A body of this kind is not accepted.",
    416: "The range begins behind the end.",
    422: "The body does not have the checksum that was announced.",
    429: "Too many requests.",
    460: "The bytes do not have the checksum that came with them.",
    500: "A write hook failed, or the store did.",
    501: "A part is missing that this would need.",
    502: "The provider of a dynamic file failed.",
    504: "The kernel did not answer in time.",
    507: "There is no room for it.",
}


def text(description: str = "", **rules: Any) -> Json:
    """Schema of a string."""
    return _described({"type": "string"}, description) | rules


def whole(description: str = "", **rules: Any) -> Json:
    """Schema of a whole number, 0 or more."""
    return _described({"type": "integer", "minimum": 0}, description) | rules


def truth(description: str = "") -> Json:
    """Schema of true or false."""
    return _described({"type": "boolean"}, description)


def optional(schema: Json) -> Json:
    """The same schema, or null."""
    return schema | {"type": [schema["type"], "null"]}


def obj(properties: Json, *, required: tuple[str, ...] | None = None, closed: bool = False) -> Json:
    """Schema of an object; all properties are required unless `required` says which. A closed one has no others."""
    rules: Json = {"additionalProperties": False} if closed else {}
    needed = list(properties if required is None else required)
    return {"type": "object", "properties": properties} | ({"required": needed} if needed else {}) | rules


def array(items: Json) -> Json:
    return {"type": "array", "items": items}


def ref(name: str) -> Json:
    """A schema of `components.schemas`."""
    return {"$ref": f"#/components/schemas/{name}"}


def one_of(*names: str) -> Json:
    """What is as one of several schemas has it."""
    return {"oneOf": [ref(name) for name in names]}


def parameter(place: str, name: str, schema: Json, *, required: bool = False) -> Json:
    """A parameter in `place`: query, header or path, which is always required."""
    return {"in": place, "name": name, "required": required or place == "path", "schema": schema}


def json_body(schema: Json) -> Json:
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def binary_body(*media_types: str) -> Json:
    return {"required": True, "content": {each: {"schema": {}} for each in media_types or (OCTETS,)}}


def answer(description: str, content: Json | None = None, **headers: Json) -> Json:
    """A response; `content` is the schema of its JSON. Underscores in names of headers stand for hyphens."""
    told: Json = {"description": description}
    if content is not None:
        told["content"] = {"application/json": {"schema": content}}
    if headers:
        told["headers"] = {name.replace("_", "-"): {"schema": schema} for name, schema in headers.items()}
    return told


def download(description: str, **headers: Json) -> Json:
    """A response that is a file, of whatever media type."""
    return answer(description, None, **headers) | {"content": {"*/*": {"schema": {}}}}


def problems(*statuses: int) -> Json:
    """The errors of an operation, by status."""
    return {
        str(status): {"description": _MEANINGS[status], "content": {PROBLEM_TYPE: {"schema": ref("Problem")}}}
        for status in statuses
    }


def operation(
    name: str,
    summary: str,
    responses: Json,
    *,
    parameters: tuple[Json, ...] = (),
    body: Json | None = None,
    public: bool = False,
) -> Json:
    """An operation; `name` is its operationId."""
    told: Json = {"operationId": name, "summary": summary, "responses": responses}
    if parameters:
        told["parameters"] = list(parameters)
    if body is not None:
        told["requestBody"] = body
    if public:
        told["security"] = []
    return told


def _described(schema: Json, description: str) -> Json:
    return schema | ({"description": description} if description else {})
