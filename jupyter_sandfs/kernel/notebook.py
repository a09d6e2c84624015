"""Where the magic stands: the person's names, the page that shows things, and what the person has configured."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from jupyter_sandfs.kernel.answers import Answer
from jupyter_sandfs.kernel.display.page import visible
from jupyter_sandfs.kernel.display.terminal import has_colours, painted

if TYPE_CHECKING:
    from jupyter_sandfs.config import SandFS
    from jupyter_sandfs.kernel.watching import Watches


class Notebook:
    """One IPython shell, as commands of the magic see it.

    Args:
        ip: the shell.
        settings: what was configured; `%sandfs config` changes it.
        watches: what `%sandfs watch` has started.
        apply: makes changed settings count.
    """

    def __init__(self, ip: Any, settings: SandFS, watches: Watches, apply: Callable[[], None]) -> None:
        self._ip = ip
        self.settings = settings
        self.watches = watches
        self.apply = apply

    @property
    def names(self) -> dict[str, Any]:
        """The person's names."""
        found: dict[str, Any] = self._ip.user_ns
        return found

    @property
    def given(self) -> Mapping[str, Any]:
        """Names that IPython put there."""
        hidden: Mapping[str, Any] = self._ip.user_ns_hidden
        return hidden

    @property
    def has_page(self) -> bool:
        """Whether more than text can be shown: in a kernel, unless the person wants text only."""
        return not self.is_terminal and self.settings.rich

    @property
    def is_terminal(self) -> bool:
        """Whether there is no page at all."""
        return getattr(self._ip, "kernel", None) is None

    def evaluate(self, expression: str) -> Any:
        """The value of an expression of Python, in the person's names; raises what it raises."""
        return eval(compile(expression, "<sandfs>", "eval"), self._ip.user_global_ns, self._ip.user_ns)  # noqa: S307  # the person's own, as in a cell

    def run_cell(self, source: str) -> None:
        """Run Python as a cell does; raises what it raised, to be shown once, as that cell shows it."""
        with _held_back(self._ip) as shown:
            result = self._ip.run_cell(source)
        error = result.error_before_exec or result.error_in_exec
        if error is None:
            return
        with suppress(AttributeError):  # of an exception that takes no attributes
            error._render_traceback_ = lambda: shown[-1] if shown else []  # IPython asks for this
        raise error

    def show(self, answer: Answer) -> Any:
        """Show a page with its text for who can't see it; gives a handle that can change it."""
        from IPython.display import display  # noqa: PLC0415  # loaded by any shell, but not by importing us

        return display(bundle(answer), raw=True, display_id=True)

    def tell(self, answer: Answer) -> None:
        """Show a page, or print its text where there is none."""
        if self.has_page:
            self.show(answer)
        else:
            sys.stdout.write(self.printed(answer))

    def printed(self, answer: Answer) -> str:
        """The text as it is printed: marks are coloured in a terminal if that may be, which nothing marked steers."""
        if not (answer.marked and sys.stdout.isatty()):
            return answer.text
        wanted = self.settings.rich and self._ip.colors.lower() != "nocolor"
        return painted(answer.text) if wanted and has_colours(sys.stdout, os.environ) else visible(answer.text)


@contextmanager
def _held_back(ip: Any) -> Iterator[list[Any]]:
    """Collect what IPython would show of errors: the cell around shows it."""
    shown: list[Any] = []
    quiet: dict[str, Callable[..., None]] = {
        "_showtraceback": lambda _kind, _error, lines: shown.append(lines),
        "show_usage_error": lambda _error: None,
    }
    earlier = {name: vars(ip)[name] for name in quiet if name in vars(ip)}
    vars(ip).update(quiet)
    try:
        yield shown
    finally:
        for name in quiet:
            del vars(ip)[name]
        vars(ip).update(earlier)


def bundle(answer: Answer) -> dict[str, str]:
    """What a frontend chooses from."""
    told = {"text/plain": answer.text.rstrip("\n")}
    return told | {"text/html": answer.html} if answer.html else told
