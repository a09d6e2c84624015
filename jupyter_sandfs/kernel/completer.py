"""Completions for IPython, in a terminal and through a kernel's complete_request."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from IPython.core.completer import CompletionContext, SimpleCompletion, SimpleMatcherResult, context_matcher

from jupyter_sandfs.kernel.completion import Completions, complete

if TYPE_CHECKING:
    from jupyter_sandfs.kernel.notebook import Notebook

_PRIORITY = 200  # above those of IPython, which would offer files of this machine
_MAGIC = re.compile(r"\s*(?:[\w.\[\], ]+=\s*)?(?P<magic>%%?)sandfs\s+(?P<line>.*)$", re.DOTALL)
_ABSENT = object()
_SCRIPT = re.compile(r"\s*%%sandfs\s+(?:sh|as\s+\S+)\s*\n")


def matcher(notebook: Notebook) -> Any:
    """Give a matcher of IPython that answers for `%sandfs` and `%%sandfs`."""

    @context_matcher(identifier="sandfs.matcher", priority=_PRIORITY)
    def match(context: CompletionContext) -> SimpleMatcherResult:
        found = _found(context, notebook)
        candidates = [SimpleCompletion(each.text, type=each.kind) for each in found.candidates] if found else []
        if found and found.fragment and not candidates:  # else IPython offers files of this machine
            candidates = [SimpleCompletion(found.fragment, type="path")]
        return {
            "completions": candidates,
            "suppress": bool(found),
            "matched_fragment": found.fragment if found else context.token,
            "ordered": True,
        }

    return match


def _found(context: CompletionContext, notebook: Notebook) -> Completions | None:
    line = context.line_with_cursor[: context.cursor_position]
    if context.cursor_line and _SCRIPT.match(context.full_text):
        return complete(line, script=True)
    found = _MAGIC.match(line)
    if found is None:
        return None
    own = [name for name, value in notebook.names.items() if notebook.given.get(name, _ABSENT) is not value]
    return complete(found["line"], cell=found["magic"] == "%%", names=own)
