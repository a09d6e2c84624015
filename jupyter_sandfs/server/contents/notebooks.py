"""Notebooks as bytes and as the documents that the contents API carries. Pure."""

from __future__ import annotations

from typing import Any

import nbformat
from tornado.web import HTTPError

_VERSION = 4  # that JupyterLab works with; older files are brought up to it when they are read


def parse(data: bytes, path: str, flaws: dict[str, Any]) -> Any:
    """Read a notebook; what its schema complains of goes into `flaws`. Raises HTTPError 400 when it is none."""
    try:
        return nbformat.reads(data.decode(), as_version=_VERSION, capture_validation_error=flaws)
    except Exception as error:
        raise HTTPError(400, f"Unreadable Notebook: {path} {error!r:.200}", reason="Unreadable Notebook") from error


def document(content: object, path: str) -> Any:
    """The notebook that a model carries. Raises HTTPError 400 when it is none."""
    if not isinstance(content, dict):
        raise HTTPError(400, f"The content of {path} is not a notebook")
    try:
        return nbformat.from_dict(content)
    except Exception as error:
        raise HTTPError(400, f"The content of {path} is not a notebook: {error!r:.200}") from error


def render(notebook: Any, path: str, flaws: dict[str, Any]) -> bytes:
    """The bytes of a notebook; what its schema complains of goes into `flaws`. Raises HTTPError 400."""
    try:
        text = nbformat.writes(notebook, version=nbformat.NO_CONVERT, capture_validation_error=flaws)
        return str(text).encode()
    except Exception as error:
        raise HTTPError(400, f"The content of {path} is not a notebook: {error!r:.200}") from error
