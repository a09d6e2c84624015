"""The head of a Parquet file, if pyarrow is installed."""

from __future__ import annotations

import io
from typing import Any

from jupyter_sandfs.kernel.browser.tables import MAX_COLUMNS, MAX_ROWS, Table, of_columns

MAX_GROUP_BYTES = 256 << 20  # of a row group as it will be in memory; of a larger one only the columns are shown


def read_head(data: bytes) -> Table | None:
    """Give the first rows and the types; None without pyarrow, or for what it can't read."""
    try:
        import pyarrow as pa  # type: ignore[import-untyped]  # noqa: PLC0415  # optional, and slow to load
        from pyarrow import parquet  # noqa: PLC0415  # the same
    except ImportError:
        return None
    try:
        file = parquet.ParquetFile(io.BytesIO(data))
        columns = [(field.name, str(field.type)) for field in list(file.schema_arrow)[:MAX_COLUMNS]]
        rows = _rows(file, [name for name, _ in columns])
    except (pa.ArrowException, OSError, ValueError, KeyError):
        return None
    found = file.metadata
    return of_columns(columns, rows, total=found.num_rows, total_columns=found.num_columns)


def _rows(file: Any, names: list[str]) -> list[list[str]]:
    if not file.num_row_groups or file.metadata.row_group(0).total_byte_size > MAX_GROUP_BYTES:
        return []
    batch = next(file.iter_batches(batch_size=MAX_ROWS, row_groups=[0], columns=names), None)
    if batch is None:
        return []
    columns = [batch.column(index).to_pylist() for index in range(batch.num_columns)]
    return [["" if value is None else str(value) for value in row] for row in zip(*columns, strict=True)]
