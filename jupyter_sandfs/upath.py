"""`UPath("sandfs://SANDBOX/path")` for universal_pathlib, which finds this class by its entry point."""

from __future__ import annotations

from typing import Any, Self

import fsspec
from upath import UPath

from jupyter_sandfs import paths

fsspec.get_filesystem_class("sandfs")  # universal_pathlib warns of protocols whose class is not loaded yet


class SandfsPath(UPath):
    """A path in a sandbox of this process; an absolute part starts again from the root of the same sandbox."""

    __slots__ = ()

    def joinpath(self, *segments: Any) -> Self:
        sandbox, _, inner = self.path.partition("/")
        texts = [segment.path if isinstance(segment, UPath) else str(segment) for segment in segments]
        if not sandbox or not any(text.startswith("/") for text in texts):
            return super().joinpath(*segments)
        return self.with_segments(f"{self.protocol}://{sandbox}{paths.join('/', inner, *texts)}")

    def __truediv__(self, segment: Any) -> Self:
        return self.joinpath(segment)
