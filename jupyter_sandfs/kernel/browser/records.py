"""JSON that is a table: a list of objects, or a line for each."""

from __future__ import annotations

import json
from typing import Any

MAX_RECORDS = 2_000

Records = list[dict[str, Any]]


def of_json(text: str | None) -> Records | None:
    """The objects of a JSON list; None if it holds, or is, anything else."""
    found = _load(text or "")
    if not isinstance(found, list) or not found or not all(isinstance(each, dict) for each in found):
        return None
    return found


def of_lines(text: str | None, *, complete: bool) -> Records | None:
    """The objects of JSON lines, the first 2,000; None if a line is none. A last line that was cut is left out."""
    lines = (text or "").split("\n")
    whole = lines if complete else lines[:-1]
    found: Records = []
    for line in whole[:MAX_RECORDS]:
        if not line.strip():
            continue
        record = _load(line)
        if not isinstance(record, dict):
            return None
        found.append(record)
    return found or None


def _load(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
