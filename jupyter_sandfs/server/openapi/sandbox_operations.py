"""Operations on the sandboxes in kernels (seed: filesystem-api)."""

from __future__ import annotations

from jupyter_sandfs.server.openapi.parts import (
    Json,
    answer,
    array,
    binary_body,
    download,
    json_body,
    obj,
    one_of,
    operation,
    optional,
    parameter,
    problems,
    ref,
    text,
    truth,
)
from jupyter_sandfs.server.openapi.schemas import TTL

_SANDBOX = (
    parameter("query", "session_id", text("a kernel's id or a session's; without it the only kernel with a sandbox")),
    parameter("query", "sessionId", text("the same")),
    parameter("query", "sandbox", text("default if nothing is said")),
    parameter("query", "view", text("a view that the kernel has registered")),
)
_PATH = parameter("query", "path", text("relative ones start at the root"), required=True)
_IF_MATCH = parameter("header", "If-Match", text())
_IF_ABSENT = parameter("header", "If-None-Match", text("* demands that nothing is there"))
_READ = (
    parameter("header", "Range", text("one part, in bytes")),
    parameter("header", "If-Range", text()),
    parameter("header", "If-None-Match", text()),
)
_SENT: Json = {
    "200": download("the file", ETag=text(), Accept_Ranges=text()),
    "206": download("a part of it", ETag=text(), Content_Range=text()),
    "304": answer("it is the one that If-None-Match names"),
}
_ASKED = (400, 403, 404, 429, 500, 502, 504)
_WRITTEN = (400, 403, 404, 409, 412, 413, 429, 500, 502, 504, 507)
_MOVE = obj({"from": text(), "to": text(), "overwrite": optional(truth())}, required=("from", "to"), closed=True)
_STAGE = obj(
    {
        "key": text("of the stored file; with a slash at its end, of all files that begin with it"),
        "path": optional(text("where it goes; a file into it, if that is a directory; the root if nothing is said")),
    },
    required=("key",),
    closed=True,
)
_PUBLISH = obj(
    {
        "path": text("of the file or directory in the sandbox"),
        "key": optional(text("what it is to be called, or its files' keys begin with; otherwise new")),
        "ttl": TTL | {"type": ["number", "null"]},
        "metadata": {"type": ["object", "null"], "additionalProperties": {"type": "string"}},
    },
    required=("path",),
    closed=True,
)
_ROOT = parameter("query", "path", text("the root if nothing is said"))

SANDBOXES: Json = {
    "/fs/entries": {
        "get": operation(
            "listFsEntries",
            "List a directory",
            {"200": answer("its entries, by name", array(ref("FsEntry")), Link=text("rel=next: the next page"))}
            | problems(*_ASKED, 413),
            parameters=(
                *_SANDBOX,
                parameter("query", "path", text(". if nothing is said")),
                parameter("query", "limit", {"type": "integer", "minimum": 1, "maximum": 5000}),
                parameter("query", "after", text("the last name of an earlier page")),
            ),
        ),
    },
    "/fs/file": {
        "get": operation(
            "readFsFile", "Read a file", _SENT | problems(*_ASKED, 412, 416), parameters=(*_SANDBOX, _PATH, *_READ)
        ),
        "head": operation(
            "describeFsFile",
            "Describe a file's content",
            _SENT | problems(*_ASKED, 412, 416),
            parameters=(*_SANDBOX, _PATH, *_READ),
        ),
        "put": operation(
            "writeFsFile",
            "Write a file, with the directories above it",
            {"200": answer("written", ref("FsWritten")), **problems(*_WRITTEN)},
            parameters=(*_SANDBOX, _PATH, _IF_MATCH, _IF_ABSENT),
            body=binary_body(),
        ),
        "patch": operation(
            "appendFsFile",
            "Add to the end of a file, which is made if it is not there",
            {"200": answer("written", ref("FsWritten")), **problems(*_WRITTEN)},
            parameters=(*_SANDBOX, _PATH, _IF_MATCH, _IF_ABSENT),
            body=binary_body(),
        ),
    },
    "/fs/entry": {
        "delete": operation(
            "deleteFsEntry",
            "Remove a file or directory",
            {"200": answer("removed", ref("FsPath")), **problems(*_WRITTEN)},
            parameters=(*_SANDBOX, _PATH, parameter("query", "recursive", truth()), _IF_MATCH),
        ),
    },
    "/fs/mkdir": {
        "post": operation(
            "mkdirFs",
            "Make a directory, with those above it",
            {"200": answer("it is there", ref("FsPath")), **problems(*_WRITTEN)},
            parameters=(*_SANDBOX, _PATH),
        ),
    },
    "/fs/move": {
        "post": operation(
            "moveFs",
            "Move a file or directory",
            {"200": answer("moved", ref("FsMoved")), **problems(*_WRITTEN)},
            parameters=_SANDBOX,
            body=json_body(_MOVE),
        ),
    },
    "/fs/copy": {
        "post": operation(
            "copyFs",
            "Copy a file or directory",
            {"200": answer("copied", ref("FsMoved")), **problems(*_WRITTEN)},
            parameters=_SANDBOX,
            body=json_body(_MOVE),
        ),
    },
    "/fs/search": {
        "get": operation(
            "searchFs",
            "Find files by name and text, in the order of names",
            {"200": answer("a page of what was found", ref("FsMatches")), **problems(*_ASKED, 501)},
            parameters=(
                *_SANDBOX,
                _ROOT,
                parameter("query", "name", text("a pattern that the name fits: * ? [abc]")),
                parameter("query", "text", text("what a line holds")),
                parameter("query", "regex", truth("text is a regular expression, as ripgrep has them")),
                parameter("query", "ignore_case", truth()),
                parameter("query", "limit", {"type": "integer", "minimum": 1, "maximum": 1000}),
                parameter("query", "after", text("the next of an earlier page")),
            ),
        ),
    },
    "/fs/events": {
        "get": operation(
            "watchFs",
            "Changes as they are made, as server-sent events",
            {
                "200": answer("events: ready, change, reset, end") | {"content": {"text/event-stream": {"schema": {}}}},
                **problems(*_ASKED),
            },
            parameters=(
                *_SANDBOX,
                _ROOT,
                parameter("query", "after", text("as Last-Event-ID")),
                parameter("query", "seconds", {"type": "number", "minimum": 0, "maximum": 86_400}),
                parameter("header", "Last-Event-ID", text("the id of the last event that was seen")),
            ),
        ),
    },
    "/fs/stat": {
        "get": operation(
            "statFs",
            "Describe a file or directory",
            {"200": answer("its entry", ref("FsEntry")), **problems(*_ASKED)},
            parameters=(*_SANDBOX, _PATH),
        ),
    },
    "/fs/stage": {
        "post": operation(
            "stageFs",
            "Bring a stored file, or all files of a prefix, into the sandbox; all or nothing",
            {"200": answer("it is there", one_of("FsWritten", "FsStaged")), **problems(*_WRITTEN, 422)},
            parameters=_SANDBOX,
            body=json_body(_STAGE),
        ),
    },
    "/fs/publish": {
        "post": operation(
            "publishFs",
            "Store a file or a whole directory of the sandbox; all or nothing",
            {"201": answer("stored", one_of("Receipt", "Published")), **problems(*_WRITTEN)},
            parameters=_SANDBOX,
            body=json_body(_PUBLISH),
        ),
    },
    "/fs/upload-batch": {
        "post": operation(
            "uploadFsBatch",
            "Unpack an archive, all or nothing",
            {"200": answer("what it held", ref("FsBatch")), **problems(*_WRITTEN, 415, 501)},
            parameters=(*_SANDBOX, _ROOT, parameter("query", "overwrite", truth("true if nothing is said"))),
            body=binary_body("application/x-tar", "application/gzip", "application/zstd", "application/zip"),
        ),
    },
    "/fs/archive": {
        "get": operation(
            "archiveFs",
            "Pack a directory",
            {"200": download("the archive"), **problems(*_ASKED, 413, 501)},
            parameters=(
                *_SANDBOX,
                _ROOT,
                parameter("query", "format", text("tar if nothing is said", enum=["tar", "tar.gz", "tar.zst", "zip"])),
                parameter("query", "materialize", truth("compute dynamic nodes, which are left out otherwise")),
            ),
        ),
    },
    "/sandboxes": {
        "get": operation(
            "listSandboxes",
            "The kernels that hold sandboxes, and their names",
            {"200": answer("by kernel", ref("Kernels")), **problems(403)},
        ),
    },
}
