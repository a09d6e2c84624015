"""The head of a table, whatever it came from: of a delimited text the delimiter, and types and distribution.

Everything is taken from a first part of the file (64 KiB), so the work is bounded whatever the file is.
"""

from __future__ import annotations

import csv
import json
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

SUFFIXES = frozenset({".csv", ".tsv", ".tab", ".psv"})
MAX_ROWS = 100
MAX_COLUMNS = 50
MAX_CELL = 200  # characters
BINS = 6
_MAX_RECORDS = 2_000  # looked at for types and distribution
_SNIFF_LINES = 20
_FEW = 12  # different texts that are worth counting
_PREFERRED = {".tsv": "\t", ".tab": "\t", ".psv": "|"}
_DELIMITERS = ",;\t|"

_TYPES = tuple(
    (name, re.compile(pattern, re.IGNORECASE | re.ASCII))
    for name, pattern in {
        "bool": r"true|false",
        "int": r"[+-]?\d{1,18}",
        "float": r"[+-]?(?:\d{1,18}(?:\.\d{0,30})?|\.\d{1,30})(?:e[+-]?\d{1,3})?|nan|[+-]?inf",
        "date": r"\d{4}([-/])\d{2}\1\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?)?",
    }.items()
)
_NUMBERS = frozenset({"int", "float"})

Records = list[list[str]]


@dataclass(frozen=True, slots=True)
class Column:
    """One column as the table's head shows it.

    Attributes:
        type: "int", "float", "date", "bool" or "text"; empty cells don't count.
        summary: the type, and for texts how many different ones there are if they are few.
        histogram: how many of the rows looked at fall into each of six equal parts of a number's range; or empty.
    """

    name: str
    type: str
    summary: str
    histogram: list[int]


@dataclass(frozen=True, slots=True)
class Table:
    """The first rows, cut to 100 by 50 cells of 200 characters.

    Attributes:
        total_rows: rows of the whole file without its head; None where that can't be told without reading all of it.
    """

    columns: list[Column]
    rows: Records
    total_rows: int | None
    total_columns: int

    def document(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "columns": [asdict(column) for column in self.columns],
            "rows": self.rows,
            "totalRows": self.total_rows,
            "totalColumns": self.total_columns,
        }


def parse(text: str, *, suffix: str, complete: bool, newlines: int) -> Table | None:
    """Read the first part of a delimited text; None if it has no record.

    Args:
        text: the first part, decoded.
        suffix: of the file's name, lower case; it may name the delimiter.
        complete: there is nothing after this part.
        newlines: line feeds in the whole file.
    """
    whole = text if complete else text[: text.rfind("\n") + 1] or text
    records = read_records(whole, _PREFERRED.get(suffix) or sniff(whole))
    if not records:
        return None
    everything = complete and len(records) <= _MAX_RECORDS
    body = records[1:] if has_head(records) else records
    width = max(len(record) for record in records)
    names = records[0] if has_head(records) else []
    total = len(body) if everything else _estimate(records, body, newlines, ended=whole.endswith("\n"))
    columns = [_column(index, names, body, everything=everything) for index in range(min(width, MAX_COLUMNS))]
    rows = [[_cut(cell) for cell in _padded(record, len(columns))] for record in body[:MAX_ROWS]]
    return Table(columns, rows, total, width)


def of_records(records: Sequence[Mapping[str, Any]], *, total: int | None) -> Table | None:
    """Make a table of JSON objects: a column for each key in the order of appearance; None without any key."""
    looked_at = records[:_MAX_RECORDS]
    names = list(dict.fromkeys(key for record in looked_at for key in record))
    if not names:
        return None
    body = [[_cell(record.get(name)) for name in names[:MAX_COLUMNS]] for record in looked_at]
    everything = total == len(looked_at)
    columns = [_column(index, names, body, everything=everything) for index in range(min(len(names), MAX_COLUMNS))]
    return Table(columns, [[_cut(cell) for cell in row] for row in body[:MAX_ROWS]], total, len(names))


def of_columns(columns: Sequence[tuple[str, str]], rows: Records, *, total: int, total_columns: int) -> Table:
    """Make a table whose columns already have types: (name, type) each, and the first rows as text."""
    made = []
    for index, (name, told) in enumerate(columns):
        cells = [row[index] for row in rows]
        kind = type_of(cells)
        bars = histogram(cells) if kind in _NUMBERS else []
        made.append(Column(_cut(name), kind if kind in _NUMBERS else "text", _cut(told), bars))
    return Table(made, [[_cut(cell) for cell in row] for row in rows[:MAX_ROWS]], total, total_columns)


def sniff(text: str) -> str:
    """Give the delimiter under which the first lines make the most even table; a comma in doubt."""
    lines = "\n".join(text.splitlines()[:_SNIFF_LINES])
    return max(_DELIMITERS, key=lambda delimiter: _evenness(read_records(lines, delimiter)))


def read_records(text: str, delimiter: str) -> Records:
    """Give the first records of a delimited text; blank lines are none."""
    reader = csv.reader(text.splitlines(keepends=True), delimiter=delimiter)
    records: Records = []
    try:
        for record in reader:
            if any(record):
                records.append(record)
            if len(records) > _MAX_RECORDS:
                break
    except csv.Error:  # what stands before the bad line is still worth showing
        pass
    return records


def has_head(records: Records) -> bool:
    """Say whether the first record names the columns: it holds texts only."""
    return all(type_of([cell]) == "text" for cell in records[0])


def type_of(cells: Sequence[str]) -> str:
    """Give the narrowest type that all cells have; empty ones fit every type, and no cell at all is text."""
    filled = [cell for cell in (cell.strip() for cell in cells) if cell]
    if not filled:
        return "text"
    return next((name for name, pattern in _TYPES if all(map(pattern.fullmatch, filled))), "text")


def histogram(cells: Sequence[str]) -> list[int]:
    """Count the finite numbers in six equal parts of their range; empty if they are all the same."""
    numbers = [number for number in (float(cell) for cell in cells if cell.strip()) if math.isfinite(number)]
    low, high = (min(numbers), max(numbers)) if numbers else (0.0, 0.0)
    if low == high or not math.isfinite(high - low):
        return []
    counts = Counter(min(int((number - low) / (high - low) * BINS), BINS - 1) for number in numbers)
    return [counts[part] for part in range(BINS)]


def _column(index: int, names: list[str], body: Records, *, everything: bool) -> Column:
    cells = [record[index] if index < len(record) else "" for record in body]
    kind = type_of(cells)
    name = names[index].strip() if index < len(names) else ""
    bars = histogram(cells) if kind in _NUMBERS else []
    return Column(_cut(name) or f"column {index + 1}", kind, _summary(kind, cells, everything=everything), bars)


def _summary(kind: str, cells: list[str], *, everything: bool) -> str:
    different = len(set(cells))
    if kind != "text" or not 1 < different <= _FEW or different == len(cells):
        return kind
    return f"text, {different}{'' if everything else '+'} values"


def _estimate(records: Records, body: Records, newlines: int, *, ended: bool) -> int | None:
    """Count rows by line ends, which holds as long as no cell spans lines and lines end in a line feed."""
    spans = any("\n" in cell or "\r" in cell for record in records for cell in record)
    if spans or not ended or newlines < len(records):
        return None
    return newlines - (len(records) - len(body))


def _evenness(records: Records) -> tuple[float, int]:
    """How table-like records are: the share that has the most common width, then that width."""
    if not records:
        return 0.0, 0
    width, count = Counter(map(len, records)).most_common(1)[0]
    return (count / len(records), width) if width > 1 else (0.0, 0)


def _padded(record: list[str], width: int) -> list[str]:
    return (record + [""] * width)[:width]


def _cell(value: object) -> str:
    """A JSON value as a cell; what has parts stays JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _cut(cell: str) -> str:
    return cell if len(cell) <= MAX_CELL else cell[: MAX_CELL - 1] + "…"
