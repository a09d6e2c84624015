"""Media types: what a declared one may look like, and a guess from a name. Never from content, never trusted."""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Collection
from functools import cache

from jupyter_sandfs.errors import InvalidRequest

OCTETS = "application/octet-stream"
_LONGEST = 255
# type "/" subtype and parameters (RFC 9110, 8.3.1), parameters without control characters.
_DECLARED = re.compile(r"[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+(?:[ ]*;[ -~]*)?")

_OURS = {
    ".arrow": "application/vnd.apache.arrow.file",
    ".feather": "application/vnd.apache.arrow.file",
    ".geojson": "application/geo+json",
    ".ipynb": "application/x-ipynb+json",
    ".jsonl": "application/x-ndjson",
    ".md": "text/markdown",
    ".ndjson": "application/x-ndjson",
    ".parquet": "application/vnd.apache.parquet",
    ".toml": "application/toml",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
    ".zst": "application/zstd",
}
_ENCODINGS = {
    "gzip": "application/gzip",
    "bzip2": "application/x-bzip2",
    "xz": "application/x-xz",
    "compress": "application/x-compress",
    "br": "application/x-brotli",
}


def check(declared: str) -> str:
    """Give a declared media type back. Raises InvalidRequest when it is none."""
    if not isinstance(declared, str) or len(declared) > _LONGEST or not _DECLARED.fullmatch(declared):
        raise InvalidRequest(f"not a media type such as text/csv: {declared!r:.300}")
    return declared


def is_one_of(content_type: str, accepted: Collection[str]) -> bool:
    """Tell whether a media type is among some; those may be families such as `image/*`, or `*` for all."""
    essence = content_type.partition(";")[0].strip().lower()
    family = essence.partition("/")[0] + "/*"
    return not {essence, family, "*", "*/*"}.isdisjoint(each.lower() for each in accepted)


def guess(key: str) -> str:
    """The media type that the ending of a key stands for; compressed files are what compressed them."""
    name = key.rpartition("/")[2]
    kind, encoding = _table().guess_type(f"/{name}")
    return _ENCODINGS.get(encoding or "", kind or OCTETS)


@cache
def _table() -> mimetypes.MimeTypes:
    # Not the module's own functions: those also read the machine's files, and would differ from host to host.
    table = mimetypes.MimeTypes()
    for ending, kind in _OURS.items():
        table.add_type(kind, ending)
    return table
