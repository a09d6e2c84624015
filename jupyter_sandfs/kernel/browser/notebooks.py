"""What is shown of a notebook file: cells, and of their outputs texts and pictures. HTML and scripts are left out."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

MAX_CELLS = 200
MAX_OUTPUTS = 20  # of one cell
MAX_TEXT = 20_000  # characters of one source or output
MAX_IMAGE = 2 << 20  # characters of base64
MAX_IMAGES = 20
_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_IMAGES = ("image/png", "image/jpeg", "image/gif")
_KINDS = {"markdown", "code", "raw"}

Document = dict[str, Any]


def read(text: str | None) -> Document | None:
    """Give {cells, total, language}; a cell is {kind, source, count, outputs}, an output {kind, text} or {mime, data}.

    None for what is no notebook of version 4.
    """
    try:
        document = json.loads(text or "")
        cells = [cell for cell in document["cells"] if isinstance(cell, dict)]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    shown = [_cell(cell) for cell in cells[:MAX_CELLS]]
    return {"cells": _with_few_images(shown), "total": len(cells), "language": _language(document)}


def _cell(cell: Document) -> Document:
    kind = cell.get("cell_type")
    outputs = cell.get("outputs")
    count = cell.get("execution_count")
    return {
        "kind": kind if isinstance(kind, str) and kind in _KINDS else "raw",
        "source": _joined(cell.get("source")),
        "count": count if isinstance(count, int) else None,
        "outputs": list(_outputs(outputs[:MAX_OUTPUTS])) if isinstance(outputs, list) else [],
    }


def _outputs(outputs: list[Any]) -> Iterator[Document]:
    for output in outputs:
        if isinstance(output, dict):
            yield from _output(output)


def _output(output: Document) -> Iterator[Document]:
    match output.get("output_type"):
        case "stream":
            yield {"kind": "text", "text": _joined(output.get("text"))}
        case "error":
            yield {"kind": "error", "text": _ANSI.sub("", _joined(output.get("traceback"), "\n"))}
        case "display_data" | "execute_result":
            data = output.get("data")
            yield from _display(data if isinstance(data, dict) else {})


def _display(data: Document) -> Iterator[Document]:
    """The picture of a bundle, or else its text: never its HTML."""
    for mime in _IMAGES:
        encoded = _joined(data.get(mime), limit=MAX_IMAGE + 1)
        if encoded and len(encoded) <= MAX_IMAGE:
            yield {"kind": "image", "mime": mime, "data": "".join(encoded.split())}
            return
    yield {"kind": "text", "text": _joined(data.get("text/plain"))}


def _joined(parts: object, between: str = "", *, limit: int = MAX_TEXT) -> str:
    """A text that a notebook holds whole or as lines, cut."""
    if isinstance(parts, str):
        return parts[:limit]
    if isinstance(parts, list):
        return between.join(part for part in parts if isinstance(part, str))[:limit]
    return ""


def _with_few_images(cells: list[Document]) -> list[Document]:
    seen = 0
    for cell in cells:
        for output in cell["outputs"]:
            if output["kind"] == "image":
                seen += 1
                if seen > MAX_IMAGES:
                    output.update(kind="text", text="(picture)", data="")
    return cells


def _language(document: Document) -> str:
    try:
        return str(document["metadata"]["kernelspec"]["language"])[:40]
    except (KeyError, TypeError):
        return "python"
