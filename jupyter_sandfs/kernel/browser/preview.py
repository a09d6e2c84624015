"""What the preview pane shows of a file: the operation `preview`, computed in the kernel from a file's first part.

The kind is decided by the bytes, not by the name alone: a name may say anything.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from typing import Any

from jupyter_sandfs import paths
from jupyter_sandfs.errors import InvalidRequest
from jupyter_sandfs.kernel.browser import notebooks, parquet, records, tables
from jupyter_sandfs.rpc.operations import Handler
from jupyter_sandfs.vfs.interface import FileSystem

HEAD_BYTES = 64 << 10
IMAGE_BYTES = 8 << 20
EDIT_BYTES = 1 << 20
NOTEBOOK_BYTES = 8 << 20
JSON_BYTES = 4 << 20
MAX_BYTES = 2 << 30
_HEX_BYTES = 4096

Preview = dict[str, Any] | tuple[dict[str, Any], bytes]

_MAGIC: tuple[tuple[str, Callable[[bytes], bool]], ...] = (
    ("image/png", lambda head: head.startswith(b"\x89PNG\r\n\x1a\n")),
    ("image/jpeg", lambda head: head.startswith(b"\xff\xd8\xff")),
    ("image/gif", lambda head: head.startswith((b"GIF87a", b"GIF89a"))),
    ("image/webp", lambda head: head[:4] == b"RIFF" and head[8:12] == b"WEBP"),
)
_LANGUAGES = {
    ".css": "CSS",
    ".html": "HTML",
    ".ipynb": "Notebook",
    ".js": "JavaScript",
    ".json": "JSON",
    ".jsonl": "JSON lines",
    ".log": "Log",
    ".md": "Markdown",
    ".py": "Python",
    ".sh": "Shell",
    ".sql": "SQL",
    ".toml": "TOML",
    ".ts": "TypeScript",
    ".xml": "XML",
    ".yaml": "YAML",
    ".yml": "YAML",
}
_JSON = frozenset({".json", ".jsonl", ".ndjson"})
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")  # what text has no use for: all but \t \n \v \f \r and escape


def preview(fs: FileSystem, _body: bytes | memoryview, path: str) -> Preview:
    """Give what to show of the file at `path`; an image also as the reply's body.

    The value's `kind` is "table", "notebook", "markdown", "text", "image" or "binary", with the fields of the functions
    below.

    Raises:
        NotFound, IsADirectory, PermissionDenied, ProviderError
    """
    data = fs.read_bytes(path)
    kinds = (_image, _table, _columnar, _json_table, _notebook, _text)
    return next((made for kind in kinds if (made := kind(path, data)) is not None), None) or _binary(data)


def as_bytes(fs: FileSystem, _body: bytes | memoryview, path: str, offset: int = 0) -> dict[str, Any]:
    """Give {kind: "binary", size, hex, offset}: one part of a file as a dump, whatever it is."""
    data = fs.read_bytes(path)
    start = max(0, min(offset, len(data))) // 16 * 16
    return {
        "kind": "binary",
        "size": len(data),
        "hex": hexdump(data[start : start + _HEX_BYTES], start),
        "offset": start,
    }


def edit(fs: FileSystem, _body: bytes | memoryview, path: str) -> dict[str, Any]:
    """Give {text, version} of a file that can be edited here.

    Raises:
        InvalidRequest: it is no text in UTF-8, over 1 MiB, or computed when read.
    """
    before = fs.stat(path)
    data = fs.read_bytes(path)
    if before.dynamic:
        raise InvalidRequest(f"{path} is computed when it is read")
    if len(data) > EDIT_BYTES or b"\0" in data:
        raise InvalidRequest(f"{path} is too large or no text: edit it in a cell")
    try:
        return {"text": data.decode(), "version": before.version}
    except UnicodeDecodeError:
        raise InvalidRequest(f"{path} is no text in UTF-8") from None


def decode(data: bytes) -> str | None:
    """Decode all of a content as text in UTF-8, or give None for what is none."""
    if _CONTROLS.search(data):
        return None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None


def decode_head(data: bytes) -> str | None:
    """Decode the first 64 KiB as text, or give None for what is none.

    Unicode byte order marks are honoured; bytes that are no UTF-8 but hold no control characters are read as
    Windows-1252, which old CSV files often are.
    """
    head = data[:HEAD_BYTES]
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return codecs.getincrementaldecoder("utf-16")("replace").decode(head)
    if _CONTROLS.search(head):
        return None
    try:
        whole = len(data) <= HEAD_BYTES  # of a part, a character cut in two at its end is left out
        return codecs.getincrementaldecoder("utf-8-sig")().decode(head, final=whole)
    except UnicodeDecodeError:
        return head.decode("cp1252", "replace")


def hexdump(data: bytes, start: int = 0) -> str:
    """Write bytes as lines of offset, sixteen values and their ASCII, as `hexdump -C` does; the first is at `start`."""
    return "\n".join(_hex_line(start + at, data[at : at + 16]) for at in range(0, len(data), 16))


def _image(path: str, data: bytes) -> Preview | None:
    """{kind, mime}, with the image as the body."""
    mime = next((mime for mime, matches in _MAGIC if matches(data)), None)
    if mime is None and paths.suffix(path).lower() == ".svg" and b"<svg" in data[:HEAD_BYTES]:
        mime = "image/svg+xml"  # the browser shows it through <img> only, where its scripts don't run
    if mime is None or len(data) > IMAGE_BYTES:
        return None
    return {"kind": "image", "mime": mime}, data


def _table(path: str, data: bytes) -> Preview | None:
    """{kind, columns, rows, totalRows, totalColumns}; see `tables.Table`."""
    suffix = paths.suffix(path).lower()
    text = decode_head(data) if suffix in tables.SUFFIXES else None
    if not text or not text.strip():
        return None
    table = tables.parse(text, suffix=suffix, complete=len(data) <= HEAD_BYTES, newlines=data.count(b"\n"))
    return {"kind": "table", **table.document()} if table else None


def _columnar(_path: str, data: bytes) -> Preview | None:
    """As `_table`, of a Parquet file."""
    if not data.startswith(b"PAR1"):
        return None
    table = parquet.read_head(data)
    return {"kind": "table", **table.document()} if table else None


def _json_table(path: str, data: bytes) -> Preview | None:
    """As `_table`, of JSON that is a list of objects, or of lines of them."""
    suffix = paths.suffix(path).lower()
    if suffix not in _JSON or len(data) > (JSON_BYTES if suffix == ".json" else MAX_BYTES):
        return None
    text = decode(data) if suffix == ".json" else decode_head(data)
    found = records.of_json(text) if suffix == ".json" else records.of_lines(text, complete=len(data) <= HEAD_BYTES)
    if not found:
        return None
    newlines = None if suffix == ".json" else data.count(b"\n") + (not data.endswith(b"\n"))
    table = tables.of_records(found, total=len(found) if newlines is None else newlines)
    return {"kind": "table", **table.document()} if table else None


def _notebook(path: str, data: bytes) -> Preview | None:
    """{kind, cells, total, language}; see `notebooks.read`."""
    if paths.suffix(path).lower() != ".ipynb" or len(data) > NOTEBOOK_BYTES:
        return None
    found = notebooks.read(decode(data))
    return {"kind": "notebook", **found} if found else None


def _text(path: str, data: bytes) -> Preview | None:
    """{kind, text, truncated, language}; kind is "markdown" or "text"."""
    text = decode_head(data)
    if text is None:
        return None
    language = _LANGUAGES.get(paths.suffix(path).lower(), "Text")
    kind = "markdown" if language == "Markdown" else "text"
    return {"kind": kind, "text": text, "truncated": len(data) > HEAD_BYTES, "language": language}


def _binary(data: bytes) -> Preview:
    """{kind, size, hex, offset}: the first 4 KiB as a dump."""
    return {"kind": "binary", "size": len(data), "hex": hexdump(data[:_HEX_BYTES]), "offset": 0}


def _hex_line(offset: int, part: bytes) -> str:
    values = " ".join(f"{byte:02x}" for byte in part)
    shown = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in part)
    return f"{offset:08x}  {values:<47}  {shown}"


OPERATIONS: dict[str, Handler] = {"preview": preview, "hex": as_bytes, "edit": edit}
