"""What the preview pane shows of a file: the operation `preview`, computed in the kernel from a file's first part.

The kind is decided by the bytes, not by the name alone: a name may say anything.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from typing import Any

from jupyter_sandfs import paths
from jupyter_sandfs.kernel.browser import tables
from jupyter_sandfs.vfs.interface import FileSystem

HEAD_BYTES = 64 << 10
IMAGE_BYTES = 8 << 20
_HEX_BYTES = 512

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
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")  # what text has no use for: all but \t \n \v \f \r and escape


def preview(fs: FileSystem, _body: bytes | memoryview, path: str) -> Preview:
    """Give what to show of the file at `path`; an image also as the reply's body.

    The value's `kind` is "table", "text", "image" or "binary", with the fields of the functions below.

    Raises:
        NotFound, IsADirectory, PermissionDenied, ProviderError
    """
    data = fs.read_bytes(path)
    return _image(path, data) or _table(path, data) or _text(path, data) or _binary(data)


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


def hexdump(data: bytes) -> str:
    """Write bytes as lines of offset, sixteen values and their ASCII, as `hexdump -C` does."""
    return "\n".join(_hex_line(offset, data[offset : offset + 16]) for offset in range(0, len(data), 16))


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


def _text(path: str, data: bytes) -> Preview | None:
    """{kind, text, truncated, language}."""
    text = decode_head(data)
    if text is None:
        return None
    language = _LANGUAGES.get(paths.suffix(path).lower(), "Text")
    return {"kind": "text", "text": text, "truncated": len(data) > HEAD_BYTES, "language": language}


def _binary(data: bytes) -> Preview:
    """{kind, size, hex}: the first 512 bytes as a dump."""
    return {"kind": "binary", "size": len(data), "hex": hexdump(data[:_HEX_BYTES])}


def _hex_line(offset: int, part: bytes) -> str:
    values = " ".join(f"{byte:02x}" for byte in part)
    shown = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in part)
    return f"{offset:08x}  {values:<47}  {shown}"
