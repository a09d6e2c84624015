"""A stand-in for Google Cloud Storage: the part of its XML interface that obstore uses, written from its reference.

No server of others that speaks it was to be had. It shows that we ask for what the reference describes, no more.
Run with a port: `python gcs.py 8080`. Paths are /bucket/object; everything is in memory.
"""

from __future__ import annotations

import hashlib
import itertools
import re
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

KEPT = ("content-type", "content-disposition")
TIME = "2026-01-01T00:00:00.000Z"


class Object(NamedTuple):
    body: bytes
    generation: int
    headers: dict[str, str]

    @property
    def e_tag(self) -> str:
        return f'"{hashlib.md5(self.body).hexdigest()}"'


class Service:
    """All objects, and the parts of those that are being written."""

    def __init__(self) -> None:
        self.objects: dict[str, Object] = {}
        self.parts: dict[str, dict[int, bytes]] = {}
        self.numbers = itertools.count(1)
        self.lock = threading.Lock()

    def put(self, path: str, body: bytes, headers: dict[str, str], condition: str | None) -> Object | None:
        with self.lock:
            present = self.objects.get(path)
            if condition is not None and int(condition) != (present.generation if present else 0):
                return None
            self.objects[path] = Object(body, next(self.numbers), headers)
            return self.objects[path]

    def list(self, bucket: str, query: dict[str, str]) -> str:
        prefix, most = f"/{bucket}/{query.get('prefix', '')}", int(query.get("max-keys", 1000))
        after = f"/{bucket}/{query.get('continuation-token') or query.get('start-after', '')}"
        found = sorted(path for path in self.objects if path.startswith(prefix) and path > after)
        shown, folders = self._grouped(found[:most], len(prefix), query.get("delimiter"))
        items = "".join(self._item(path, len(bucket) + 2) for path in shown)
        items += "".join(
            f"<CommonPrefixes><Prefix>{escape(folder[len(bucket) + 2 :])}</Prefix></CommonPrefixes>"
            for folder in folders
        )
        is_cut = len(found) > most
        last = found[most - 1][len(bucket) + 2 :] if is_cut else ""
        more = f"<NextContinuationToken>{escape(last)}</NextContinuationToken>"
        return (
            f"<ListBucketResult><IsTruncated>{str(is_cut).lower()}</IsTruncated>{items}{more if is_cut else ''}"
            "</ListBucketResult>"
        )

    def _grouped(self, found: list[str], start: int, delimiter: str | None) -> tuple[list[str], list[str]]:
        """What is directly below the first `start` characters, and the folders there."""
        if not delimiter:
            return found, []
        ends = {path: path.find(delimiter, start) for path in found}
        folders = sorted({path[: end + 1] for path, end in ends.items() if end >= 0})
        return [path for path, end in ends.items() if end < 0], folders

    def _item(self, path: str, skipped: int) -> str:
        each = self.objects[path]
        return (
            f"<Contents><Key>{escape(path[skipped:])}</Key><Size>{len(each.body)}</Size>"
            f"<LastModified>{TIME}</LastModified><ETag>{escape(each.e_tag)}</ETag></Contents>"
        )


SERVICE = Service()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_) -> None:
        """Say nothing."""

    @property
    def path_and_query(self) -> tuple[str, dict[str, str]]:
        parts = urlsplit(self.path)
        return unquote(parts.path), {
            name: values[-1] for name, values in parse_qs(parts.query, keep_blank_values=True).items()
        }

    def body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def answer(self, status: int, body: bytes | str = b"", headers: dict[str, str] | None = None) -> None:
        data = body.encode() if isinstance(body, str) else body
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(data))} | (headers or {})).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def stored(self, found: Object | None) -> None:
        if found is None:
            self.answer(412)
        else:
            self.answer(200, headers={"ETag": found.e_tag, "x-goog-generation": str(found.generation)})

    def kept_headers(self) -> dict[str, str]:
        return {name: self.headers[name] for name in KEPT if name in self.headers}

    def do_GET(self) -> None:
        path, query = self.path_and_query
        if query.get("list-type") == "2":
            self.answer(200, SERVICE.list(path.strip("/"), query), {"Content-Type": "application/xml"})
            return
        found = SERVICE.objects.get(path)
        if found is None:
            self.answer(404)
            return
        known = {"ETag": found.e_tag, "x-goog-generation": str(found.generation)} | found.headers
        known |= {"Last-Modified": "Thu, 01 Jan 2026 00:00:00 GMT"}
        part = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        if part is None:
            self.answer(200, found.body, known | {"Content-Length": str(len(found.body))})
            return
        start, end = int(part[1]), min(int(part[2]) + 1, len(found.body))
        known["Content-Range"] = f"bytes {start}-{end - 1}/{len(found.body)}"
        self.answer(206, found.body[start:end], known)

    do_HEAD = do_GET  # noqa: N815  the name that http.server looks for

    def do_PUT(self) -> None:
        path, query = self.path_and_query
        body = self.body()
        if "uploadId" in query:
            SERVICE.parts[query["uploadId"]][int(query["partNumber"])] = body
            self.answer(200, headers={"ETag": f'"{query["partNumber"]}"'})
            return
        if source := self.headers.get("x-goog-copy-source"):
            original = SERVICE.objects.get("/" + unquote(source).lstrip("/"))
            if original is None:
                self.answer(404)
                return
            SERVICE.put(path, original.body, original.headers, None)
            self.answer(200, "<CopyObjectResult/>")
            return
        self.stored(SERVICE.put(path, body, self.kept_headers(), self.headers.get("x-goog-if-generation-match")))

    def do_POST(self) -> None:
        path, query = self.path_and_query
        self.body()
        if "uploads" in query:
            upload_id = str(next(SERVICE.numbers))
            SERVICE.parts[upload_id] = {}
            SERVICE.parts[upload_id + "headers"] = self.kept_headers()  # type: ignore[assignment]
            self.answer(
                200, f"<InitiateMultipartUploadResult><UploadId>{upload_id}</UploadId></InitiateMultipartUploadResult>"
            )
            return
        parts = SERVICE.parts.pop(query["uploadId"])
        headers: dict = SERVICE.parts.pop(query["uploadId"] + "headers")
        whole = b"".join(parts[number] for number in sorted(parts))
        found = SERVICE.put(path, whole, headers, None)
        self.answer(
            200, f"<CompleteMultipartUploadResult><ETag>{escape(found.e_tag)}</ETag></CompleteMultipartUploadResult>"
        )

    def do_DELETE(self) -> None:
        path, query = self.path_and_query
        if "uploadId" in query:
            SERVICE.parts.pop(query["uploadId"], None)
            self.answer(204)
            return
        with SERVICE.lock:
            gone = SERVICE.objects.pop(path, None)
        self.answer(204 if gone else 404)


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
