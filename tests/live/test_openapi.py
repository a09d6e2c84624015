"""The whole document against a real server and a real kernel, by requests that nobody thought of."""

from __future__ import annotations

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from jupyter_sandfs.server import tus
from jupyter_sandfs.server.openapi.document import PATHS

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
# Bodies that are bytes to the generator too.
for media_type in (tus.BODY_TYPE, "application/x-tar", "application/gzip", "application/zstd", "application/zip"):
    schemathesis.serializer.alias(media_type, "application/octet-stream")
OPERATIONS = [(path, method) for path, item in PATHS.items() for method in item]


@pytest.fixture(scope="module")
def present(live) -> dict[str, dict[str, str]]:
    """What is there to be asked for, by place and parameter: a kernel with a sandbox, files, a link, an upload."""
    live.start_kernel_with_sandbox()
    link = live.request("POST", "sandfs/v1/files/a/sign", json={}).json()["url"]
    headers = {"Tus-Resumable": tus.VERSION, "Upload-Length": str(1 << 20)}
    upload = live.request("POST", "sandfs/v1/uploads", headers=headers).headers["Location"]
    return {
        "path": {"key": "files/a", "token": link.rpartition("/")[2], "upload": upload.rpartition("/")[2]},
        "query": {"path": "/a/b.txt"},
    }


@pytest.fixture(autouse=True)
def files(live, present):
    """The two files are there again, whatever an earlier test deleted."""
    live.request("PUT", "sandfs/v1/fs/file?path=/a/b.txt", data=b"0123456789").raise_for_status()
    live.request("PUT", "sandfs/v1/files/a", data=b"0123456789").raise_for_status()


@pytest.fixture(scope="module")
def api(live):
    return schemathesis.openapi.from_dict(live.request("GET", "sandfs/v1/openapi.json").json())


@pytest.fixture(scope="module")
def session(live):
    with requests.Session() as session:
        session.headers.update(live.headers)
        yield session


def is_told(operation, place: str, name: str) -> bool:
    parameters = operation.definition.raw.get("parameters", [])
    return any((each["in"], each["name"]) == (place, name) for each in parameters)


@pytest.mark.parametrize("examples", [10, pytest.param(1000, marks=pytest.mark.soak)])
@pytest.mark.parametrize(("path", "method"), OPERATIONS, ids=[f"{method} {path}" for path, method in OPERATIONS])
def test_every_answer_is_one_that_the_document_tells(live, present, api, session, path, method, examples):
    told = api[path][method.upper()]
    known = {
        place: {name: here[name] for name in here if is_told(told, place, name)} for place, here in present.items()
    }
    cases = st.one_of(
        told.as_strategy(GenerationMode.POSITIVE, path_parameters=known["path"], query=known["query"]),
        told.as_strategy(GenerationMode.POSITIVE),
        told.as_strategy(GenerationMode.NEGATIVE),
    )

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=examples < 100,  # CI asks the same each time; the long run asks for something new
        suppress_health_check=list(HealthCheck),
    )
    @given(cases)
    def ask(case):
        if path == "/fs/events":
            case.query["seconds"] = "0"  # otherwise the stream would go on, and nobody close it
        response = case.call(base_url=f"{live.url}sandfs/v1", session=session)
        case.validate_response(response, checks=CHECKS)

    ask()
