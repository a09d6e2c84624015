"""A sandbox shared with `http_view=`: whatever is asked over HTTP, the answer is that of a world without the secret."""

from __future__ import annotations

import asyncio
import io
import json
import tarfile

import pytest
from tornado.httpclient import HTTPClientError

from jupyter_sandfs.sandbox import Sandbox
from jupyter_sandfs.vfs.interface import FileSystem
from jupyter_sandfs.vfs.policy import NodePolicy
from jupyter_sandfs.vfs.views.view import VisibilityView

PATIENCE = 60.0
CONTENT = "the-combination-is-4711"
NAME = "s3cr3t-plan"
SECRET = f"/pub/{NAME}"
PRIVATE = NodePolicy(visibility="private")
TIMES = {"modified", "created", "last_modified", "etag", "ETag", "instance", "kernelId"}


def archive_of(name: str) -> bytes:
    body = io.BytesIO()
    with tarfile.open(fileobj=body, mode="w") as tar:
        member = tarfile.TarInfo(name)
        member.size = 1
        tar.addfile(member, io.BytesIO(b"x"))
    return body.getvalue()


# Of the file API: method, route, query. The body of a POST is JSON.
FS = [
    ("GET", "entries", {"path": "/"}),
    ("GET", "entries", {"path": "/pub"}),
    ("GET", "entries", {"path": SECRET}),
    ("GET", "stat", {"path": "/pub"}),
    ("GET", "stat", {"path": SECRET}),
    ("GET", "stat", {"path": f"{SECRET}/x"}),
    ("GET", "stat", {"path": "/link"}),
    ("GET", "file", {"path": SECRET}),
    ("GET", "file", {"path": f"/pub/../pub/./{NAME}"}),
    ("GET", "file", {"path": "/link"}),
    ("HEAD", "file", {"path": SECRET}),
    ("DELETE", "entry", {"path": SECRET}),
    ("DELETE", "entry", {"path": "/vault", "recursive": "true"}),
    ("POST", "move", {"from": SECRET, "to": "/a"}),
    ("POST", "publish", {"path": SECRET}),
    ("GET", "archive", {"path": SECRET}),
    ("POST", "copy", {"from": SECRET, "to": "/a"}),
    ("GET", "search", {"name": "*"}),
    ("GET", "search", {"text": CONTENT}),
    ("GET", "search", {"name": "*", "after": SECRET}),
    ("GET", "search", {"name": "*", "path": SECRET}),
    ("GET", "search", {"name": "*", "path": "/vault"}),
    ("GET", "entries", {"path": "/", "view": "all"}),
    ("GET", "file", {"path": SECRET, "view": "all"}),
    ("GET", "file", {"path": SECRET, "view": ""}),
]
# What would be written over the secret, or take it away, is refused: these are no questions.
FS_WRITES = [
    ("PUT", "file", {"path": SECRET}, {}),
    ("PUT", "file", {"path": SECRET}, {"If-None-Match": "*"}),
    ("PUT", "file", {"path": f"{SECRET}/x"}, {}),
    ("PUT", "file", {"path": "/link"}, {}),
    ("DELETE", "entry", {"path": "/pub", "recursive": "true"}, {}),
    ("POST", "mkdir", {"path": f"{SECRET}/x"}, {}),
]
# Of the contents API: method, path, model.
CONTENTS = [
    ("GET", "", None),
    ("GET", "pub", None),
    ("GET", f"pub/{NAME}", None),
    ("GET", f"pub/{NAME}/checkpoints", None),
    ("POST", f"pub/{NAME}/checkpoints", {}),
    ("POST", f"pub/{NAME}/checkpoints/checkpoint", {}),
    ("POST", f"pub/{NAME}/trust", {}),
    ("GET", "link", None),
    ("POST", "pub", {"copy_from": "{}/pub/" + NAME}),
    ("PATCH", f"pub/{NAME}", {"path": "{}/a"}),
    ("DELETE", f"pub/{NAME}", None),
    ("PUT", f"pub/{NAME}/x", {"type": "file", "format": "text", "content": "x"}),
]


@pytest.fixture
def worlds(kernels, monkeypatch):
    """Two kernels that differ in one secret only; their sandboxes are shared through a view that does not see it."""
    made = []

    def world(kernel_id: str, *, secret: bool) -> FileSystem:
        sandbox = Sandbox(f"of-{kernel_id}", http_view="guest")
        made.append(sandbox)
        sandbox.view(VisibilityView(), name="all")
        sandbox.view(VisibilityView({"public"}), name="guest")
        sandbox.fs.write_file("/pub/open.txt", "open")
        sandbox.fs.symlink(SECRET, "/link")
        if secret:
            for path in (SECRET, f"/vault/{NAME}"):
                sandbox.fs.write_file(path, CONTENT)
            for path in (SECRET, "/vault"):
                sandbox.fs.set_policy(path, PRIVATE)
        kernels.share(kernel_id, sandbox)
        return sandbox.fs

    monkeypatch.setattr("secrets.token_urlsafe", lambda _size: "id")
    yield {"with": world("with", secret=True), "without": world("without", secret=False)}
    for sandbox in made:
        sandbox.close()


@pytest.fixture
def answer(server, jp_fetch):
    """What can be learned from an answer."""

    async def answer(*where: str, **kwargs):
        try:
            response = await jp_fetch("sandfs", *where, **kwargs)
        except HTTPClientError as error:
            response = error.response
        headers = {name: value for name, value in response.headers.items() if name.startswith("Content-")}
        headers.pop("Content-Length", None)
        kind = response.headers.get("Content-Type", "")
        body = timeless(json.loads(response.body)) if "json" in kind and response.body else response.body
        return response.code, headers, body

    return answer


def timeless(value):
    if isinstance(value, dict):
        return {name: timeless(each) for name, each in value.items() if name not in TIMES}
    return [timeless(each) for each in value] if isinstance(value, list) else value


def neutral(value, kernel_id: str):
    """An answer without the name of the kernel, which is the only thing that may differ."""
    return json.loads(json.dumps(value, default=repr).replace(f"{kernel_id}/", "K/").replace(f'"{kernel_id}"', '"K"'))


@pytest.mark.parametrize(("method", "route", "asked"), FS, ids=str)
async def test_the_file_api_tells_nothing_of_what_the_view_hides(worlds, answer, method, route, asked):
    answers = []
    for kernel_id in worlds:
        if method == "POST":
            given = {"params": {"session_id": kernel_id}, "body": json.dumps(asked)}
        else:
            given = {"params": asked | {"session_id": kernel_id}}
        answers.append(await answer("v1", "fs", route, method=method, **given))

    assert neutral(answers[0], "with") == neutral(answers[1], "without")
    assert worlds["with"].read_text(SECRET) == worlds["with"].read_text(f"/vault/{NAME}") == CONTENT


@pytest.mark.parametrize(("method", "route", "params", "headers"), FS_WRITES)
async def test_the_file_api_does_not_touch_what_the_view_hides(worlds, answer, method, route, params, headers):
    body = {} if method == "DELETE" else {"body": b""}
    params = params | {"session_id": "with"}

    status, _, _ = await answer("v1", "fs", route, method=method, params=params, headers=headers, **body)

    assert status == 403
    assert worlds["with"].read_text(SECRET) == CONTENT


@pytest.mark.parametrize(("method", "path", "model"), CONTENTS)
async def test_the_contents_api_tells_nothing_of_what_the_view_hides(worlds, answer, method, path, model):
    answers = []
    for kernel_id in worlds:
        body = {} if model is None else {"body": json.dumps(model).replace("{}", kernel_id)}
        where = ["contents", kernel_id, *(part for part in path.split("/") if part)]
        answers.append(await answer(*where, method=method, **body))

    assert neutral(answers[0], "with") == neutral(answers[1], "without")
    assert worlds["with"].read_text(SECRET) == CONTENT


@pytest.mark.parametrize("path", [f"pub/{NAME}", "link", f"vault/{NAME}"])
async def test_a_download_tells_nothing_of_what_the_view_hides(worlds, answer, path):
    answers = [await answer("files", each, *path.split("/")) for each in worlds]

    assert neutral(answers[0], "with") == neutral(answers[1], "without")
    assert answers[0][0] == 404


async def test_an_archive_holds_only_what_the_view_shows(worlds, answer):
    del worlds
    status, _, body = await answer("v1", "fs", "archive", params={"path": "/", "session_id": "with"})

    with tarfile.open(fileobj=io.BytesIO(body)) as tar:
        names = tar.getnames()
    assert (status, [name for name in names if NAME in name or "vault" in name]) == (200, [])


async def test_an_archive_does_not_replace_what_the_view_hides(worlds, answer):
    params, headers = {"path": "/", "session_id": "with"}, {"Content-Type": "application/x-tar"}
    body = archive_of(f"vault/{NAME}")

    status, _, _ = await answer("v1", "fs", "upload-batch", method="POST", params=params, headers=headers, body=body)

    assert status == 403
    assert worlds["with"].read_text(f"/vault/{NAME}") == CONTENT


async def test_the_sums_of_a_sandbox_count_what_the_view_shows(worlds, answer):
    del worlds
    _, _, body = await answer("v1", "sandboxes")

    first, second = (each["sandboxes"] for each in body["kernels"])
    assert first == second


async def test_events_tell_nothing_of_what_the_view_hides(worlds, answer):
    asked = {"session_id": "with", "seconds": "0"}
    _, _, ready = await answer("v1", "fs", "events", params=asked)
    place = ready.partition(b"id: ")[2].partition(b"\n")[0].decode()
    worlds["with"].write_file(SECRET, "changed")
    worlds["with"].write_file("/pub/open.txt", "changed")

    told = b""
    while b"/pub/open.txt" not in told:  # the last of the changes: those before it were told too
        _, _, told = await asyncio.wait_for(answer("v1", "fs", "events", params=asked | {"after": place}), PATIENCE)

    assert told.count(b"event: change") == 1
    assert NAME.encode() not in told
