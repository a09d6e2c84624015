"""Shows a browser so that a saved notebook still says something.

A widget's output shows nothing but an error once its kernel is gone, and nothing at all where the notebook is not
trusted. So a plain listing goes before it, as an output of its own, and the live widget hides that listing for as long
as it is there.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from html import escape

from IPython.display import display

from jupyter_sandfs.errors import PathError
from jupyter_sandfs.kernel.browser.widget import TreeBrowser
from jupyter_sandfs.kernel.output import human_size
from jupyter_sandfs.vfs.entries import DirEntry
from jupyter_sandfs.vfs.interface import FileSystem

MAX_ROWS = 200
_DEPTH = 12
# Where the notebook is trusted, Jupyter keeps this: it hides the text that stands for a widget without its kernel.
_STYLE = (
    "<style>.jp-OutputArea-child:has(.sandfs-static) + .jp-OutputArea-child "
    ".jp-OutputArea-output:not(:has(*)){display:none}</style>"
)
_BOX = "border:1px solid #8884;border-radius:4px;padding:4px 12px 8px;max-height:420px;overflow:auto"
_ROW = "display:flex;gap:12px;line-height:24px"
_NAME = "flex:1;min-width:0;overflow:hidden;text-overflow:ellipsis;white-space:pre"
_FIGURE = "opacity:.7;white-space:nowrap"


def display_browser(browser: TreeBrowser) -> None:
    """Display a static listing and the live browser, as two outputs of the running cell.

    Where a widget can't be shown, as in terminals and notebooks that are not trusted, the listing is all there is.
    """
    display({"text/html": static_html(browser), "text/plain": browser.listing()}, raw=True)
    made = browser._repr_mimebundle_()
    if made is not None:
        data, metadata = made
        display(data | {"text/plain": ""}, metadata=metadata, raw=True)


def static_html(browser: TreeBrowser, now: datetime | None = None) -> str:
    """Give the first 200 names as HTML that folds without a script, in which every name is text.

    Args:
        now: what the listing says it was saved at.
    """
    saved = (now or datetime.now(UTC)).strftime("%d %b %Y, %H:%M UTC")
    head = (
        f'<div style="{_ROW};border-bottom:1px solid #8884"><b>No kernel</b><span style="{_NAME};opacity:.7">'
        f"Sandbox {escape(browser.name)}, names as saved on {saved}. Contents live in the kernel only.</span></div>"
    )
    rows = _Rows(browser.shown)
    body = "".join(rows.below("/", 0)) or f'<div style="{_ROW};opacity:.7">Nothing here yet</div>'
    more = f'<div style="{_ROW};opacity:.7">… and more</div>' if rows.left < 0 else ""
    return f'{_STYLE}<div class="sandfs-static" style="{_BOX}">{head}{body}{more}</div>'


class _Rows:
    """Writes rows until there are enough; `left` is negative when some were left out."""

    def __init__(self, fs: FileSystem) -> None:
        self._fs = fs
        self.left = MAX_ROWS

    def below(self, folder: str, depth: int) -> Iterator[str]:
        for entry in self._listed(folder):
            self.left -= 1
            if self.left < 0:
                return
            yield self._folder(entry, depth) if entry.is_dir else f'<div style="{_ROW}">{_facts(entry)}</div>'

    def _folder(self, entry: DirEntry, depth: int) -> str:
        inside = "".join(self.below(entry.path, depth + 1)) if depth < _DEPTH and not entry.stat.dynamic else ""
        return (
            f'<details open><summary style="line-height:24px">{escape(entry.name)}/</summary>'
            f'<div style="margin-left:20px">{inside}</div></details>'
        )

    def _listed(self, folder: str) -> list[DirEntry]:
        try:
            found = self._fs.ls(folder)
        except PathError:
            return []
        return sorted(found, key=lambda entry: not entry.is_dir)


def _facts(entry: DirEntry) -> str:
    when = entry.stat.modified_at.strftime("%Y-%m-%d %H:%M")
    size = "" if entry.stat.dynamic else human_size(entry.stat.size)
    figures = "".join(f'<span style="{_FIGURE}">{each}</span>' for each in (size, when))
    return f'<span style="{_NAME}">{escape(entry.name)}</span>{figures}'
