"""The values that requests and answers hold."""

from __future__ import annotations

from jupyter_sandfs.server.openapi.parts import Json, array, obj, optional, ref, text, truth, whole

MOMENT = text("UTC, RFC 3339", format="date-time")
CHECKSUM = text(pattern="^sha256:[0-9a-f]{64}$")
PATH = text("absolute in the sandbox", pattern="^/")
LINK_SECONDS = {"type": "number", "exclusiveMinimum": 0, "maximum": 7 * 24 * 3600}
TTL = {"type": "number", "minimum": 0, "maximum": 100 * 365 * 24 * 3600, "description": "seconds; 0 for ever"}

_ENTRY: Json = {
    "name": text(),
    "path": PATH,
    "entryType": text(enum=["file", "directory"]),
    "size": whole(),
    "modified": MOMENT,
    "created": MOMENT,
    "version": whole(),
    "etag": text(),
    "mode": whole(),
    "symlinkTarget": text(),
    "dynamic": truth(),
    "readOnly": truth(),
    "appendOnly": truth(),
}
_ENTRY_ALWAYS = ("name", "path", "entryType", "size", "modified", "created", "version", "etag", "mode")

SCHEMAS: Json = {
    "Problem": obj(
        {
            "type": text("urn:sandfs:error: and a code", pattern="^urn:sandfs:error:[a-z_]+$"),
            "title": text(),
            "status": whole(),
            "detail": text(),
            "instance": text(),
            "facts": {"type": "object", "description": "from which a client makes the error again"},
        },
        required=("type", "title", "status", "detail", "instance"),
        closed=True,
    ),
    "FileInfo": obj(
        {
            "key": text(),
            "size_bytes": whole(),
            "content_type": text(),
            "checksum": CHECKSUM,
            "created_at": MOMENT,
            "expires_at": optional(MOMENT),
            "metadata": {"type": "object", "additionalProperties": {"type": "string"}},
            "version": whole(),
            "etag": text(),
        },
        closed=True,
    ),
    "FileList": obj(
        {
            "files": array(ref("FileInfo")),
            "count": whole("of this page"),
            "next": optional(text("`after` for the next page")),
            "prefixes": array(text()),
        },
        required=("files", "count", "next"),
        closed=True,
    ),
    "Receipt": obj(
        {"file_key": text(), "size_bytes": whole(), "content_type": text(), "checksum": CHECKSUM}, closed=True
    ),
    "Published": obj({"file_key": text(), "size_bytes": whole(), "files": whole(minimum=1)}, closed=True),
    "Link": obj({"url": text(format="uri"), "method": text(), "file_key": text(), "expires_at": MOMENT}, closed=True),
    "FsEntry": obj(_ENTRY, required=_ENTRY_ALWAYS, closed=True),
    "FsMatches": obj(
        {
            "matches": array(
                obj(
                    _ENTRY | {"lines": array(obj({"number": whole(minimum=1), "text": text()}, closed=True))},
                    required=_ENTRY_ALWAYS,
                    closed=True,
                )
            ),
            "next": optional(text("what to give as after for the next page; null at the end")),
        },
        closed=True,
    ),
    "FsPath": obj({"path": PATH}, closed=True),
    "FsWritten": obj(
        {"path": PATH, "bytesWritten": whole(), "version": whole(), "etag": optional(text())}, closed=True
    ),
    "FsStaged": obj({"path": PATH, "bytesWritten": whole(), "files": whole(minimum=1)}, closed=True),
    "FsMoved": obj({"from": PATH, "to": PATH}, closed=True),
    "FsBatch": obj({"paths": array(PATH) | {"maxItems": 1024}, "truncated": truth()}, closed=True),
    "Kernels": obj(
        {
            "kernels": array(
                obj(
                    {
                        "kernelId": text(),
                        "sandboxes": array({"type": "object"}),
                        "folders": {"type": "object", "additionalProperties": text("of a sandbox, by its name")},
                        "sessionId": text(),
                        "name": text(),
                        "path": text(),
                        "problem": text(),
                    },
                    required=("kernelId", "sandboxes", "folders"),
                )
            )
        }
    ),
}
