from __future__ import annotations

import json
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from tornado.httpclient import HTTPClientError, HTTPResponse


@dataclass
class Told:
    """What the contents API answered, errors too."""

    response: HTTPResponse

    @property
    def status(self) -> int:
        return self.response.code

    @property
    def headers(self):
        return self.response.headers

    @property
    def body(self) -> bytes:
        return self.response.body

    @property
    def json(self) -> Any:
        return json.loads(self.response.body)

    @property
    def names(self) -> list[str]:
        """The names in a folder."""
        return [each["name"] for each in self.json["content"]]


@pytest.fixture
def sessions(kernels, server):
    """No sessions yet; what is appended here is one."""
    made: list[dict[str, Any]] = []

    async def list_sessions():
        return list(made)

    server.web_app.settings["session_manager"] = SimpleNamespace(list_sessions=list_sessions)
    return made


@pytest.fixture
def notebook(sessions, fs):
    """The only kernel belongs to `dir/analysis.ipynb`; gives its sandbox."""
    sessions.append({"id": "s1", "path": "dir/analysis.ipynb", "name": "analysis.ipynb", "kernel": {"id": "k1"}})
    return fs


@pytest.fixture
def contents(server, jp_fetch):
    """Ask the contents API, with a model as the body; an error is an answer too."""

    async def contents(method: str, path: str = "", model: Any = None, **params: str) -> Told:
        body = {} if model is None else {"body": json.dumps(model)}
        if method in {"POST", "PUT", "PATCH"}:
            body = body or {"body": b"", "allow_nonstandard_methods": True}
        where = ["sandfs", "contents", *(part for part in path.split("/") if part)]
        try:
            return Told(await jp_fetch(*where, method=method, params=params, **body))
        except HTTPClientError as error:
            return Told(error.response)

    return contents


@pytest.fixture
def download(server, jp_fetch):
    """Ask for `/sandfs/files/…`; an error is an answer too."""

    async def download(path: str, method: str = "GET", headers: dict[str, str] | None = None, **params: str) -> Told:
        try:
            where = ["sandfs", "files", *path.split("/")]
            return Told(await jp_fetch(*where, method=method, headers=headers or {}, params=params))
        except HTTPClientError as error:
            return Told(error.response)

    return download
