"""Reading a file of another server: one response as far as it goes, another one after a seek."""

from __future__ import annotations

import os

import urllib3
from urllib3.exceptions import HTTPError

from jupyter_sandfs.errors import InvalidRequest, ObjectNotFound, StoreError
from jupyter_sandfs.filestore.protocol import Reader
from jupyter_sandfs.filestore.remote_link import RemoteLink


class RemoteReader(Reader):
    """The bytes of a file from `start` up to, without, `end`; both are cut to its size.

    While it is read on, it stays what it was; a seek asks the server for the same version again, and is refused when
    the server does not keep it.
    """

    def __init__(self, link: RemoteLink, key: str, version: int | None, start: int, end: int | None) -> None:
        self._link = link
        self._response: urllib3.BaseHTTPResponse | None = link.fetch(key=key, version=version, start=start, end=end)
        self.info = link.info_of(self._response)
        self._start = min(start, self.info.size_bytes)
        self._end = max(self._start, min(self.info.size_bytes if end is None else end, self.info.size_bytes))
        self._at = self._start
        self._is_closed = False

    def read(self, size: int = -1, /) -> bytes:
        if self._is_closed:
            raise ValueError("read of a closed file")
        left = max(0, self._end - self._at)
        wanted = left if size < 0 else min(size, left)
        if not wanted:
            return b""
        try:
            data = self._stream().read(wanted)
        except HTTPError as error:
            raise StoreError(f"{self.info.key}: the server broke off") from error
        if len(data) != wanted:
            raise StoreError(f"{self.info.key}: the content ends too early")
        self._at += len(data)
        return data

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        origins = {os.SEEK_SET: self._start, os.SEEK_CUR: self._at, os.SEEK_END: self._end}
        if whence not in origins or origins[whence] + offset < self._start:
            raise InvalidRequest(f"no place to seek to: offset {offset}, whence {whence}")
        if origins[whence] + offset != self._at:
            self._drop()
            self._at = origins[whence] + offset
        return self._at - self._start

    def tell(self) -> int:
        return self._at - self._start

    def close(self) -> None:
        self._is_closed = True
        self._drop()

    def _stream(self) -> urllib3.BaseHTTPResponse:
        if self._response is None:
            info = self.info
            try:
                self._response = self._link.fetch(key=info.key, version=info.version, start=self._at, end=self._end)
            except ObjectNotFound as error:
                raise StoreError(f"{info.key}: it was replaced or deleted while it was read") from error
        return self._response

    def _drop(self) -> None:
        """End the response. Its connection serves others only if nothing of the content is left to come."""
        response, self._response = self._response, None
        if response is None:
            return
        if self._at == self._end:
            response.drain_conn()
            response.release_conn()
        else:
            response.close()
