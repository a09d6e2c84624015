"""Uploads by a browser's form: multipart/form-data (RFC 7578), read while it arrives."""

from __future__ import annotations

from collections.abc import Callable
from email.message import Message
from typing import Any

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser

from jupyter_sandfs.errors import InvalidRequest, LimitExceeded

_FIELD_BYTES = 4096
_MAX_PARTS = 16


class UploadForm:
    """The fields of a form, and the bytes of its one file as they come.

    Attributes:
        fields: name to value, of the fields before the file.
        file_name: name that the browser gave the file; None until the file begins.
        content_type: of the file, if the browser said it.
        complete: the end of the form was seen.
    """

    def __init__(self, content_type: str) -> None:
        self.fields: dict[str, str] = {}
        self.file_name: str | None = None
        self.content_type: str | None = None
        self.complete = False
        self._parts = 0
        self._headers: dict[str, str] = {}
        self._pending = (bytearray(), bytearray())  # a header's name and value, which may come in pieces
        self._value = bytearray()
        self._chunks: list[bytes] = []
        self._in_file = False
        self._parser = MultipartParser(_boundary(content_type), self._callbacks())

    def feed(self, data: bytes) -> list[bytes]:
        """Read on; gives the file's bytes in `data`.

        Raises:
            InvalidRequest: this is no form, or its fields do not come before its only file.
            LimitExceeded: too many fields, or too long ones.
        """
        try:
            self._parser.write(data)
        except FormParserError as error:
            raise InvalidRequest(f"the body is not multipart/form-data: {error}") from error
        chunks, self._chunks = self._chunks, []
        return chunks

    def _callbacks(self) -> Any:
        name, value = self._pending
        return {
            "on_part_begin": self._begin_part,
            "on_header_field": _collect(name),
            "on_header_value": _collect(value),
            "on_header_end": self._end_header,
            "on_headers_finished": self._start_content,
            "on_part_data": self._take,
            "on_part_end": self._end_part,
            "on_end": self._finish,
        }

    def _begin_part(self) -> None:
        self._parts += 1
        if self._parts > _MAX_PARTS:
            raise LimitExceeded(f"a form has at most {_MAX_PARTS} parts")
        self._headers.clear()
        self._value.clear()

    def _end_header(self) -> None:
        name, value = self._pending
        self._headers[name.decode("latin-1").lower()] = value.decode("utf-8", "replace")
        name.clear()
        value.clear()

    def _start_content(self) -> None:
        if self.file_name is not None:
            raise InvalidRequest("the file is the last part of the form; fields such as key and ttl come before it")
        self._name, file_name = _names(self._headers.get("content-disposition", ""))
        self._in_file = self._name == "file"
        if self._in_file:
            self.file_name = file_name or ""
            self.content_type = self._headers.get("content-type")

    def _take(self, data: bytes, start: int, end: int) -> None:
        if self._in_file:
            self._chunks.append(data[start:end])
            return
        self._value += data[start:end]
        if len(self._value) > _FIELD_BYTES:
            raise LimitExceeded(f"a field of a form has at most {_FIELD_BYTES} bytes")

    def _end_part(self) -> None:
        if not self._in_file:
            self.fields[self._name] = self._value.decode("utf-8", "replace")

    def _finish(self) -> None:
        self.complete = True


def _collect(buffer: bytearray) -> Callable[[bytes, int, int], None]:
    def collect(data: bytes, start: int, end: int) -> None:
        buffer.extend(data[start:end])

    return collect


def _boundary(content_type: str) -> bytes:
    message = Message()
    message["Content-Type"] = content_type
    boundary = message.get_boundary()
    if message.get_content_type() != "multipart/form-data" or not boundary or len(boundary) > 70:
        raise InvalidRequest("send multipart/form-data with a field named file, or PUT the bytes to /files/{key}")
    return boundary.encode("latin-1", "replace")


def _names(disposition: str) -> tuple[str, str | None]:
    """Give the names of a part and of its file."""
    message = Message()
    message["Content-Disposition"] = disposition
    name = message.get_param("name", header="content-disposition")
    file_name = message.get_filename()
    if not isinstance(name, str):
        raise InvalidRequest("a part of the form has no name")
    return name, file_name
