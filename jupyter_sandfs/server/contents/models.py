"""The models of Jupyter's contents API: what a file or folder looks like to JupyterLab. Pure."""

from __future__ import annotations

import base64
import binascii
import mimetypes
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tornado.web import HTTPError

Model = dict[str, Any]

NOTEBOOK = ".ipynb"
UNKNOWN_TIME = datetime(1970, 1, 1, tzinfo=UTC)
_KIND_OF_FORMAT = {"text": "text/plain", "base64": "application/octet-stream"}


def entry_model(path: str, entry: Mapping[str, Any]) -> Model:
    """The model of an entry without its content.

    Args:
        path: of the contents API, without a slash at either end.
        entry: FsEntry of the HTTP interface.
    """
    kind = entry_type(path, entry)
    return _model(
        path,
        kind,
        writable=not (entry.get("readOnly") or entry.get("appendOnly")),
        created=moment(entry["created"]),
        last_modified=moment(entry["modified"]),
        size=None if kind == "directory" else entry["size"],
        mimetype=mimetypes.guess_type(path)[0] if kind == "file" else None,
    )


def top_model(path: str, modified: str | None) -> Model:
    """The model of a folder above the files: of one sandbox, or of all (`path` is empty)."""
    when = moment(modified) if modified else UNKNOWN_TIME
    return _model(path, "directory", writable=bool(path), created=when, last_modified=when, size=None, mimetype=None)


def arriving_model(path: str, size: int, when: datetime) -> Model:
    """The model of a file of which parts have arrived."""
    kind = mimetypes.guess_type(path)[0]
    return _model(path, "file", writable=True, created=when, last_modified=when, size=size, mimetype=kind)


def with_content(model: Model, content: Any, form: str) -> Model:
    """The model with a content in it: of a file in the format text or base64, of all else json."""
    mimetype = model["mimetype"] or _KIND_OF_FORMAT.get(form)
    return model | {"content": content, "format": form, "mimetype": mimetype}


def entry_type(path: str, entry: Mapping[str, Any]) -> str:
    """What the contents API calls it: directory, notebook or file."""
    if entry["entryType"] == "directory":
        return "directory"
    return "notebook" if path.endswith(NOTEBOOK) else "file"


def encode(data: bytes, form: str | None, path: str) -> tuple[str, str]:
    """Give content and format of a file: as wanted, otherwise text if it is UTF-8, otherwise base64.

    Raises:
        HTTPError: text was wanted, and it is none (400).
    """
    if form != "base64":
        try:
            return data.decode(), "text"
        except UnicodeDecodeError:
            if form == "text":
                raise HTTPError(400, f"{path} is not UTF-8 encoded", reason="bad format") from None
    return base64.b64encode(data).decode(), "base64"


def decode(content: object, form: object, path: str) -> bytes:
    """The bytes that a model carries. Raises HTTPError 400 when they can't be read."""
    if form not in _KIND_OF_FORMAT:
        raise HTTPError(400, "Must specify format of file contents as 'text' or 'base64'")
    if not isinstance(content, str):
        raise HTTPError(400, f"The content of {path} is not a string")
    try:
        return content.encode() if form == "text" else base64.b64decode("".join(content.split()), validate=True)
    except (UnicodeEncodeError, binascii.Error, ValueError) as error:
        raise HTTPError(400, f"Encoding error saving {path}: {error}") from None


def is_hidden(path: str) -> bool:
    """Whether a name on the way starts with a dot, as on a disk."""
    return any(name.startswith(".") for name in path.split("/"))


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _model(path: str, kind: str, **facts: Any) -> Model:
    unsaid = {"content": None, "format": None, "hash": None, "hash_algorithm": None}
    return {"name": path.rpartition("/")[2], "path": path, "type": kind, **facts, **unsaid}
