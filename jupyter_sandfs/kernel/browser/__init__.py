"""The tree browser: a widget that shows a sandbox's files in a notebook."""

from jupyter_sandfs.kernel.browser.display import display_browser
from jupyter_sandfs.kernel.browser.widget import TreeBrowser

__all__ = ["TreeBrowser", "display_browser"]
