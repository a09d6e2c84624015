"""One ES module from several: anywidget takes a single one, and we want no build step.

The files in `static/` are ordinary ES modules that a browser, node or an editor understands as they are. They keep two
rules, which a test checks: imports and exports are single lines at the left margin, and no top-level name is used in
two files.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

STATIC = Path(__file__).parent / "static"

# Each file comes after those it imports from.
MODULES = (
    "format.js",
    "icons.js",
    "elements.js",
    "link.js",
    "server.js",
    "tus.js",
    "folder.js",
    "rows.js",
    "treerow.js",
    "canvas.js",
    "columns.js",
    "drag.js",
    "keynames.js",
    "selection.js",
    "treekeys.js",
    "typeahead.js",
    "tree.js",
    "notices.js",
    "menu.js",
    "keyhelp.js",
    "panehead.js",
    "highlight.js",
    "markdown.js",
    "rendered.js",
    "tableview.js",
    "preview.js",
    "editor.js",
    "diffview.js",
    "transport.js",
    "dropped.js",
    "upload.js",
    "split.js",
    "bars.js",
    "listing.js",
    "commands.js",
    "history.js",
    "storepane.js",
    "lensbar.js",
    "sides.js",
    "empty.js",
    "live.js",
    "actions.js",
    "stale.js",
    "shelf.js",
    "eyes.js",
    "past.js",
    "arrivals.js",
    "filtering.js",
    "clipboard.js",
    "landmark.js",
    "browser.js",
)
_IMPORT = re.compile(r'^import \{[^{}\n]*\} from "\./[\w-]+\.js";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async |function|class|const|let)\b)", re.MULTILINE)


@cache
def script() -> str:
    """Give the widget's ES module: the files one after the other, without their imports and `export` keywords.

    The last one's `export default` stays: it is the module's face.
    """
    return joined(STATIC / name for name in MODULES)


def joined(files: Iterable[Path]) -> str:
    """Give one module made of several, each after those it imports from."""
    return "\n".join(_without_links(file.read_text(encoding="utf-8")) for file in files)


@cache
def styles() -> str:
    """Give the widget's style sheet."""
    return (STATIC / "browser.css").read_text(encoding="utf-8")


def _without_links(source: str) -> str:
    return _EXPORT.sub("", _IMPORT.sub("", source))
