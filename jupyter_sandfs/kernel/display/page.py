"""Building blocks of a page: one style, and elements that take text and escape it."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from jupyter_sandfs.errors import InvalidRequest

# Doubled selectors win over what JupyterLab says of tables. The colours of changes are ours: of Jupyter's own, warnings
# are too faint to read (WCAG 2.2, 1.4.3) on white, and others on black.
STYLE = """<style>
.sandfs-page{font:13px/1.45 var(--jp-ui-font-family,system-ui,sans-serif);
 color:var(--jp-ui-font-color1,inherit);overflow-x:auto}
.sandfs-page table{border-collapse:collapse;margin:2px 0}
.sandfs-page.sandfs-page th,.sandfs-page.sandfs-page td{padding:2px 14px 2px 4px;
 text-align:left;white-space:pre;border:0}
.sandfs-page thead th{border-bottom:1px solid var(--jp-border-color1,#8888);font-weight:600}
.sandfs-page tbody tr:nth-child(odd){background:transparent}
.sandfs-page tbody tr:hover{background:var(--jp-layout-color2,#8882)}
.sandfs-page.sandfs-page .n{text-align:right;font-variant-numeric:tabular-nums}
.sandfs-page th button{all:unset;cursor:pointer;font-weight:600}
.sandfs-page th button:focus-visible{outline:2px solid var(--jp-brand-color1,#1976d2)}
.sandfs-page th[aria-sort=ascending] button::after{content:" \\2191"}
.sandfs-page th[aria-sort=descending] button::after{content:" \\2193"}
.sandfs-page pre,.sandfs-page code{font:12px/1.5 var(--jp-code-font-family,monospace);margin:0;
 background:none;color:inherit}
.sandfs-page{--sfs-added:#1b6e34;--sfs-removed:#b3261e;--sfs-changed:#8a4b00;--sfs-moved:#0b57a4;--sfs-dim:#666}
:is([data-jp-theme-light=false],.vscode-dark) .sandfs-page{--sfs-added:#66bb6a;--sfs-removed:#ff8a80;
 --sfs-changed:#ffb74d;--sfs-moved:#64b5f6;--sfs-dim:#aaa}
.sandfs-page .added{color:var(--sfs-added)}
.sandfs-page .removed{color:var(--sfs-removed)}
.sandfs-page .changed{color:var(--sfs-changed)}
.sandfs-page .moved{color:var(--sfs-moved)}
.sandfs-page .dim{color:var(--sfs-dim)}
.sandfs-page summary{cursor:pointer}
.sandfs-page ol{list-style:none;margin:0;padding:0 0 0 6px;border-left:2px solid var(--jp-border-color2,#8886)}
.sandfs-page li{margin:0 0 4px;padding-left:10px}
.sandfs-page .bar{display:inline-block;width:200px;height:10px;border-radius:3px;
 background:var(--jp-layout-color3,#8884)}
.sandfs-page .bar span{display:block;height:100%;border-radius:3px;background:var(--jp-brand-color1,#1976d2)}
</style>"""

# The heads of a sortable table: the rows change places by what their cells say of themselves.
_SORT = (
    "const h=this.closest('th'),b=h.closest('table').tBodies[0],i=h.cellIndex,"
    "d=h.getAttribute('aria-sort')==='ascending'?-1:1,"
    "k=r=>{const v=r.cells[i].dataset.k;return v!==undefined?+v:r.cells[i].textContent};"
    "for(const o of h.parentNode.cells)o.removeAttribute('aria-sort');"
    "h.setAttribute('aria-sort',d===1?'ascending':'descending');"
    "[...b.rows].sort((x,y)=>{const p=k(x),q=k(y);return d*(p<q?-1:p>q?1:0)}).forEach(r=>b.append(r))"
)


class Html(str):
    """Markup of ours; any other text is escaped."""

    __slots__ = ()


def text(given: str) -> Html:
    """Text as it is; what would turn it around or hide in it is shown by its number."""
    return Html(escape(visible(given)))


def visible(given: str) -> str:
    """Plain text in which what would turn it around or hide in it is shown by its number."""
    return given if given.isprintable() else "".join(map(_visible, given))


def _visible(character: str) -> str:
    shown = character.isprintable() or character in "\n\t "
    return character if shown else f"\\u{ord(character):04x}"


def element(name: str, *children: str, **attributes: str) -> Html:
    """An element; text in it is escaped, and so are the values of its attributes."""
    if not name.isalnum():
        raise InvalidRequest(f"not an element: {name!r}")
    told = "".join(f' {key.strip("_").replace("_", "-")}="{escape(value)}"' for key, value in attributes.items())
    inner = "".join(each if isinstance(each, Html) else text(each) for each in children)
    return Html(f"<{name}{told}>{inner}</{name}>")


def page(*parts: str) -> str:
    """A whole output."""
    return STYLE + element("div", *parts, _class="sandfs-page")


def table(
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    numbers: frozenset[int] = frozenset(),
    keys: Sequence[Sequence[float | None]] = (),
    note: str = "",
) -> str:
    """A table whose columns sort on a click.

    Args:
        numbers: columns that are set to the right.
        keys: for each row and column what it is sorted by, where that is not its text.
        note: a line below.
    """
    return page(grid(heads, rows, numbers=numbers, keys=keys), element("div", note, _class="dim") if note else Html())


def grid(
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    numbers: frozenset[int] = frozenset(),
    keys: Sequence[Sequence[float | None]] = (),
) -> Html:
    """The table itself."""
    head = [
        element("th", element("button", each, type="button", onclick=_SORT), scope="col", **_side(at in numbers))
        if each
        else element("th", scope="col")
        for at, each in enumerate(heads)
    ]
    body = [
        element("tr", *(_cell(cell, at in numbers, _key(keys, line, at)) for at, cell in enumerate(row)))
        for line, row in enumerate(rows)
    ]
    return element("table", element("thead", element("tr", *head)), element("tbody", *body))


def _cell(cell: str, number: bool, key: float | None) -> Html:  # noqa: FBT001  # of this module
    sorted_by = {} if key is None else {"data_k": repr(key)}
    return element("td", cell, **_side(number), **sorted_by)


def _side(number: bool) -> dict[str, str]:  # noqa: FBT001  # of this module
    return {"_class": "n"} if number else {}


def _key(keys: Sequence[Sequence[float | None]], line: int, at: int) -> float | None:
    return keys[line][at] if keys else None
