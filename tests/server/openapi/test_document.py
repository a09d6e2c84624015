from __future__ import annotations

import re

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from jupyter_sandfs.errors import InvalidRequest
from jupyter_sandfs.server.openapi import document
from jupyter_sandfs.server.openapi.document import PATHS

# Between our own programs, and no promise to others.
INTERNAL = "/store"


def operations():
    return [(path, method, told) for path, item in PATHS.items() for method, told in item.items()]


def implemented(route: type) -> set[str]:
    """The methods that a route has of its own. OPTIONS aside: Jupyter answers it everywhere, for browsers."""
    methods = {"get", "head", "post", "put", "patch", "delete"}
    return {name for name in methods if getattr(route, name).__module__.startswith("jupyter_sandfs")}


async def test_the_document_and_the_routes_agree(server):
    mounted = server.web_app.settings["sandfs_routes"]
    found = {path: implemented(route) for path, route in mounted.items() if not path.startswith(INTERNAL)}
    told: dict[str, set[str]] = {}
    for path, item in PATHS.items():
        told.setdefault(document._route_of(path), set()).update(set(item) - {"options"})

    assert found == told


async def test_the_server_gives_a_valid_document_of_what_is_mounted(fetch, jp_base_url):
    answer = await fetch("openapi.json")

    OpenAPIV31SpecValidator(answer.json).validate()
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json")
    assert answer.json["servers"] == [{"url": f"{jp_base_url}sandfs/v1"}]
    assert set(answer.json["paths"]) == set(PATHS)


def test_every_operation_has_a_name_of_its_own():
    names = [told["operationId"] for _, _, told in operations()]

    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize(("path", "method", "told"), operations())
def test_every_placeholder_is_a_parameter(path, method, told):
    placed = {each["name"] for each in told.get("parameters", ()) if each["in"] == "path"}

    assert placed == set(re.findall(r"{(\w+)}", path)), method


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("GET", "/files", "listFiles"),
        ("GET", "/files/a/b", "readFile"),
        ("POST", "/files/a/sign", "signFile"),
        ("PUT", "/files/a/sign", "writeFile"),
        ("PATCH", "/uploads/x", "continueUpload"),
        ("PATCH", "/uploads/x/y", None),
        ("POST", "/files/a\nb/sign", "signFile"),
        ("POST", "/files/a", None),
        ("GET", "/nothing", None),
    ],
)
def test_a_request_finds_its_operation(method, path, name):
    assert (document.find(method, path) or {}).get("operationId") == name


@pytest.mark.parametrize(
    ("kind", "value", "is_good"),
    [
        ({"type": "integer", "minimum": 1}, "1", True),
        ({"type": "integer", "minimum": 1}, "0", False),
        ({"type": "integer"}, "1.0", False),
        ({"type": "integer"}, "٣", False),
        ({"type": "integer"}, "9" * 30, False),
        ({"type": "number"}, "1.5", True),
        ({"type": "number"}, "1e9", False),
        ({"type": "number"}, "nan", False),
        ({"type": "boolean"}, "True", True),
        ({"type": "boolean"}, "0", True),
        ({"type": "boolean"}, "yes", False),
        ({"type": "string"}, "", True),
        ({"type": "string", "enum": ["a"]}, "b", False),
    ],
)
def test_arguments_are_held_to_their_schema(kind, value, is_good):
    told = {"parameters": [{"in": "query", "name": "x", "required": True, "schema": kind}]}

    if is_good:
        document.check_query(told, {"x": value}.get)
    else:
        with pytest.raises(InvalidRequest, match=r"^x: "):
            document.check_query(told, {"x": value}.get)


def test_a_missing_argument_is_named():
    with pytest.raises(InvalidRequest, match=r"^missing query argument: path$"):
        document.check_query(PATHS["/fs/stat"]["get"], {}.get)


def test_a_body_is_held_to_its_schema_and_the_complaint_stays_short():
    told = PATHS["/fs/move"]["post"]

    document.check_body(told, {"from": "/a", "to": "/b"})
    with pytest.raises(InvalidRequest, match=r"^the body: ") as caught:
        document.check_body(told, {"from": "/a", "to": "/b", "x" * 5000: 1})
    with pytest.raises(InvalidRequest, match=r"^the body, to: 1 is not of type 'string'$"):
        document.check_body(told, {"from": "/a", "to": 1})
    assert len(str(caught.value)) == 200
