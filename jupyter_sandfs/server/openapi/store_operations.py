"""Operations on the staging store: files, signed links, resumable uploads."""

from __future__ import annotations

from jupyter_sandfs.server import tus
from jupyter_sandfs.server.openapi.parts import (
    Json,
    answer,
    binary_body,
    download,
    json_body,
    obj,
    operation,
    optional,
    parameter,
    problems,
    ref,
    text,
    truth,
    whole,
)
from jupyter_sandfs.server.openapi.schemas import CHECKSUM, LINK_SECONDS, TTL

_KEY = parameter("path", "key", text("its slashes may stand as they are; a bare name means files/{name}", minLength=1))
_TTL = parameter("query", "ttl", TTL)
_NEW_KEY = parameter("query", "key", text("what the file is to be called; otherwise it gets a new key"))
_LIST = (
    parameter("query", "prefix", text("only keys that begin with it")),
    parameter("query", "delimiter", text("fold what goes on behind it into `prefixes`")),
    parameter("query", "after", text("go on behind this key")),
    parameter("query", "limit", whole("1000 at most are given", minimum=1, maximum=10**9)),
    parameter("query", "versions_of", text("instead: the versions of this key that are kept, newest first")),
)
_VERSION = parameter(
    "query", "version", whole("an older version, as `versions_of` lists them", minimum=1, maximum=10**18)
)
_IF_MATCH = parameter("header", "If-Match", text())
_IF_ABSENT = parameter("header", "If-None-Match", text("* demands that nothing is there"))
_READ = (
    parameter("header", "Range", text("one part, in bytes")),
    parameter("header", "If-Range", text()),
    parameter("header", "If-None-Match", text()),
)
_FILE_HEADERS = {"ETag": text(), "Accept_Ranges": text(), "X_Checksum": CHECKSUM, "X_Expires_At": text()}
_SENT: Json = {
    "200": download("the file", **_FILE_HEADERS),
    "206": download("a part of it", Content_Range=text(), **_FILE_HEADERS),
    "304": answer("it is the one that If-None-Match names"),
}
_FORM: Json = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": obj(
                {
                    "key": text("what the file is to be called"),
                    "ttl": text("seconds to live"),
                    "file": {"type": "string", "contentMediaType": "application/octet-stream"},
                },
                required=("file",),
            )
        }
    },
}
_STORED = (400, 403, 404, 412, 413, 415, 422, 500, 507)
_SIGN = obj(
    {
        "method": optional(text("GET if nothing is said", enum=["GET", "PUT", None])),
        "expires": LINK_SECONDS | {"type": ["number", "null"], "description": "seconds; an hour if nothing is said"},
        "max_size": optional(whole("most bytes of a PUT")),
    },
    required=(),
    closed=True,
)
_COPY = obj(
    {
        "to": optional(text("the other key; otherwise it gets a new one")),
        "ttl": TTL | {"type": ["number", "null"]},
        "overwrite": optional(truth()),
    },
    required=(),
    closed=True,
)

_RESTORE = obj(
    {"version": whole("as `versions_of` lists them", minimum=1, maximum=10**18)}, required=("version",), closed=True
)

FILES: Json = {
    "/files": {
        "get": operation(
            "listFiles",
            "List files by prefix",
            {"200": answer("a page", ref("FileList")), **problems(400, 403, 404)},
            parameters=_LIST,
        ),
        "post": operation(
            "addFile",
            "Add a file from a form",
            {"201": answer("stored", ref("Receipt"), Location=text()), **problems(*_STORED)},
            parameters=(_NEW_KEY, _TTL),
            body=_FORM,
        ),
    },
    "/files/{key}": {
        "get": operation(
            "readFile",
            "Read a file",
            _SENT | problems(400, 403, 404, 412, 416, 500),
            parameters=(_KEY, _VERSION, *_READ),
        ),
        "head": operation(
            "describeFile",
            "Describe a file",
            _SENT | problems(400, 403, 404, 412, 416, 500),
            parameters=(_KEY, _VERSION, *_READ),
        ),
        "put": operation(
            "writeFile",
            "Store a file",
            {
                "200": answer("replaced", ref("Receipt"), ETag=text()),
                "201": answer("stored", ref("Receipt"), ETag=text()),
                **problems(*_STORED),
            },
            parameters=(_KEY, _TTL, _IF_MATCH, _IF_ABSENT),
            body=binary_body(),
        ),
        "delete": operation(
            "deleteFile",
            "Delete a file",
            {"200": answer("deleted", obj({"deleted": text()}, closed=True)), **problems(400, 403, 404, 412)},
            parameters=(_KEY, _IF_MATCH),
        ),
    },
    "/files/{key}/sign": {
        "post": operation(
            "signFile",
            "Make a link to one file that needs no login",
            {"201": answer("the link", ref("Link")), **problems(400, 403, 413, 501)},
            parameters=(_KEY,),
            body=json_body(_SIGN),
        ),
    },
    "/files/{key}/copy": {
        "post": operation(
            "copyFile",
            "Store a file under another key too",
            {"201": answer("stored", ref("Receipt")), **problems(400, 403, 404, 412, 413, 507)},
            parameters=(_KEY,),
            body=json_body(_COPY),
        ),
    },
    "/files/{key}/restore": {
        "post": operation(
            "restoreFile",
            "Make an older version of a file the current one",
            {
                "200": answer("restored, as a new version", ref("Receipt")),
                **problems(400, 403, 404, 412, 413, 415, 507),
            },
            parameters=(_KEY, _IF_MATCH),
            body=json_body(_RESTORE),
        ),
    },
}

_TOKEN = parameter("path", "token", text("what `signFile` gave", minLength=1))

SIGNED: Json = {
    "/signed/{token}": {
        "get": operation(
            "readSigned",
            "Read the file that a link leads to",
            _SENT | problems(400, 403, 404, 412, 416, 500),
            parameters=(_TOKEN, *_READ),
            public=True,
        ),
        "head": operation(
            "describeSigned",
            "Describe the file that a link leads to",
            _SENT | problems(400, 403, 404, 412, 416, 500),
            parameters=(_TOKEN, *_READ),
            public=True,
        ),
        "put": operation(
            "writeSigned",
            "Store the file that a link leads to",
            {
                "200": answer("replaced", ref("Receipt")),
                "201": answer("stored", ref("Receipt")),
                **problems(*_STORED),
            },
            parameters=(_TOKEN, _IF_MATCH, _IF_ABSENT),
            body=binary_body(),
            public=True,
        ),
    },
}

_UPLOAD = parameter("path", "upload", text("the last segment of Location", minLength=1))
_VERSION = parameter("header", "Tus-Resumable", text(enum=[tus.VERSION]), required=True)
_NUMBER = text("bytes", pattern="^[0-9]{1,18}$")
_CHECKSUM = parameter("header", "Upload-Checksum", text(f"one of {', '.join(tus.ALGORITHMS)}, and base64"))
_FAR: Json = {"Upload_Offset": _NUMBER, "Upload_Expires": text(), "X_File_Key": text(), "X_Checksum": text()}

UPLOADS: Json = {
    "/uploads": {
        "options": operation(
            "describeUploads",
            "What the server can do of tus 1.0.0",
            {
                "204": answer("in headers", Tus_Version=text(), Tus_Extension=text(), Tus_Max_Size=_NUMBER),
                **problems(403),
            },
        ),
        "post": operation(
            "beginUpload",
            "Begin a resumable upload, or join its parts",
            {
                "201": answer("begun", Location=text(format="uri"), **_FAR),
                **problems(400, 403, 404, 409, 412, 413, 415, 460, 500, 507),
            },
            parameters=(
                _VERSION,
                parameter("header", "Upload-Length", _NUMBER),
                parameter("header", "Upload-Defer-Length", text(enum=["1"])),
                parameter("header", "Upload-Metadata", text("names and base64")),
                parameter("header", "Upload-Concat", text("partial, or final; and the addresses of the parts")),
                _CHECKSUM,
                _IF_MATCH,
                _IF_ABSENT,
            ),
            body=binary_body(tus.BODY_TYPE) | {"required": False},
        ),
    },
    "/uploads/{upload}": {
        "head": operation(
            "describeUpload",
            "How far an upload is",
            {
                "200": answer(
                    "in headers", Upload_Length=_NUMBER, Upload_Metadata=text(), Upload_Concat=text(), **_FAR
                ),
                **problems(400, 403, 404, 412),
            },
            parameters=(_UPLOAD, _VERSION),
        ),
        "patch": operation(
            "continueUpload",
            "Send bytes of an upload",
            {
                "204": answer("taken", **_FAR),
                **problems(400, 403, 404, 409, 412, 413, 415, 422, 460, 500, 507),
            },
            parameters=(
                _UPLOAD,
                _VERSION,
                parameter("header", "Upload-Offset", _NUMBER, required=True),
                parameter("header", "Upload-Length", _NUMBER),
                _CHECKSUM,
            ),
            body=binary_body(tus.BODY_TYPE),
        ),
        "delete": operation(
            "endUpload",
            "Give an upload up",
            {"204": answer("gone"), **problems(400, 403, 404, 412)},
            parameters=(_UPLOAD, _VERSION),
        ),
    },
}
