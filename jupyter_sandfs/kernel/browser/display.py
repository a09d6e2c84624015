"""Shows a browser so that a saved notebook still says something.

A widget's output shows nothing but an error once its kernel is gone. So a plain listing goes before it, as an output of
its own, and the live widget hides that listing for as long as it is there.
"""

from __future__ import annotations

from html import escape

from IPython.display import HTML, display

from jupyter_sandfs.kernel.browser.widget import TreeBrowser


def display_browser(browser: TreeBrowser) -> None:
    """Display a static listing and the live browser, as two outputs of the running cell."""
    display(HTML(static_html(browser)))
    display(browser)


def static_html(browser: TreeBrowser) -> str:
    """Give the listing as HTML in which every name is text."""
    summary = f"Files of sandbox {escape(browser.name)}, as they were when the cell ran"
    return (
        f'<details class="sandfs-static" open><summary>{summary}</summary>'
        f'<pre style="line-height:1.4">{escape(browser.listing())}</pre></details>'
    )
