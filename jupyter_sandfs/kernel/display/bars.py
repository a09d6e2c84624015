"""How full a sandbox is, with bars."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from jupyter_sandfs import paths
from jupyter_sandfs.kernel.display.page import Html, element, grid, page
from jupyter_sandfs.kernel.output import counted, human_size
from jupyter_sandfs.vfs.interface import FileSystem

_LOOKED_AT = 100_000  # files
_LISTED = 5
_WIDTH = 24  # characters of a bar
_BLOCKS = " ▏▎▍▌▋▊▉█"


def measure(fs: FileSystem) -> dict[str, Any]:
    """What there is, how much may be, what takes the most."""
    stats, limits = fs.stats(), fs.limits
    sizes, types, looked = Counter[str](), Counter[str](), 0
    for at, _, names in fs.walk():
        if looked >= _LOOKED_AT:
            break
        for name in names[: _LOOKED_AT - looked]:
            looked += 1
            entry = fs.get_entry(paths.join(at, name))
            if entry is not None:
                sizes[entry.path] = entry.stat.size
                types[paths.suffix(name) or "(none)"] += entry.stat.size
    return {
        "total_size": stats.total_size,
        "size_limit": limits.total_bytes,
        "files": stats.file_count,
        "directories": stats.directory_count,
        "nodes": stats.node_count,
        "node_limit": limits.nodes,
        "largest": [{"path": path, "size": size} for path, size in sizes.most_common(_LISTED) if size],
        "types": [{"suffix": name, "size": size} for name, size in types.most_common(_LISTED) if size],
        "looked_at": looked,
    }


def _shares(told: Mapping[str, Any]) -> list[tuple[str, str, float]]:
    """Rows of a name, a value and its share of the whole."""
    total = told["total_size"] or 1
    size, limit = told["total_size"], told["size_limit"]
    rows = [
        ("bytes", f"{human_size(size)} of {human_size(limit)}", size / limit),
        ("nodes", f"{told['nodes']:,} of {told['node_limit']:,}", told["nodes"] / told["node_limit"]),
    ]
    rows += [(each["suffix"], human_size(each["size"]), each["size"] / total) for each in told["types"]]
    return rows + [(each["path"], human_size(each["size"]), each["size"] / total) for each in told["largest"]]


def bars(told: Mapping[str, Any], name: str) -> tuple[str, str]:
    """The same as text and as a page."""
    directories = counted(told["directories"], "directory", "directories")
    head = f"sandbox '{name}': {counted(told['files'], 'file')} in {directories}"
    if told["looked_at"] < told["files"]:
        head += f" (sizes of the first {told['looked_at']:,})"
    rows = _shares(told)
    width = max(len(each[0]) for each in rows)
    value_width = max(len(each[1]) for each in rows)
    lines = [
        f"  {name:<{width}}  {value:>{value_width}}  {_drawn(share)}".rstrip() + "\n" for name, value, share in rows
    ]
    drawn = grid(
        ("what", "size", ""), [[name, value, _bar(share)] for name, value, share in rows], numbers=frozenset({1})
    )
    return f"{head}\n{''.join(lines)}", page(element("div", head), drawn)


def _bar(share: float) -> Html:
    return element("span", element("span", style=f"width:{share:.1%}"), _class="bar", title=f"{share:.1%}")


def _drawn(share: float) -> str:
    eighths = round(min(max(share, 0.0), 1.0) * _WIDTH * 8)
    return ("█" * (eighths // 8) + _BLOCKS[eighths % 8]).rstrip()
