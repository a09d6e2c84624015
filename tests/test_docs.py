"""The documentation tells the truth: its Python runs, its links lead somewhere, and it leaves nothing out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from traitlets.config import Config

from jupyter_sandfs import errors, paths
from jupyter_sandfs.cli.app import EXIT_CODES
from jupyter_sandfs.cli.app import main as cli
from jupyter_sandfs.config import STORE_URL_VARIABLE, TENANT_VARIABLE, FileStoreLimits, SandFS
from jupyter_sandfs.kernel.commands import CELL_COMMANDS, LINE_COMMANDS
from jupyter_sandfs.sandbox import Sandbox
from jupyter_sandfs.server import store
from jupyter_sandfs.server.openapi.document import PATHS
from jupyter_sandfs.shell.commands import COMMANDS
from jupyter_sandfs.storage import FileStorage
from jupyter_sandfs.vfs.entries import Stats
from jupyter_sandfs.vfs.interface import FileSystem

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "jupyter_sandfs"
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
README = (ROOT / "README.md").read_text()
HTTP = (ROOT / "docs" / "http.md").read_text()
CONFIGURATION = (ROOT / "docs" / "configuration.md").read_text()
THREATS = re.findall(r"\| (tests/\S+) \|$", (ROOT / "docs" / "threats.md").read_text(), re.MULTILINE)
_LINK = re.compile(r"\]\(([^)#]+)")
_PYTHON = re.compile(r"```python\n(.*?)```", re.DOTALL)


def snippets() -> list[str]:
    return [code for code in _PYTHON.findall(README) if not code.lstrip().startswith("%")]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_link_leads_to_a_file(page: Path):
    targets = [target for target in _LINK.findall(page.read_text()) if "://" not in target]

    assert [target for target in targets if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", sorted(ROOT.glob("docs/*.md")), ids=lambda page: page.name)
def test_the_python_snippets_of_a_page_run_one_after_another(page: Path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = Sandbox.names()
    names: dict[str, object] = {"get_config": Config}  # what Jupyter gives a configuration file
    for code in _PYTHON.findall(page.read_text()):
        exec(compile(code, page.name, "exec"), names)
    for name in set(Sandbox.names()) - set(before):
        Sandbox.get(name).close()

    assert "__builtins__" in names or "```python" not in page.read_text()


def test_the_page_of_modules_names_each_module_of_each_package():
    page = (ROOT / "docs" / "modules.md").read_text()
    sections = dict(re.findall(r"^## `(\S+)/`$(.*?)(?=^## |\Z)", page, re.DOTALL | re.MULTILINE))
    named = {package: re.findall(r"^\| `(\w+)` \| ", rows, re.MULTILINE) for package, rows in sections.items()}
    there: dict[str, list[str]] = {}
    for module in sorted(PACKAGE.rglob("*.py")):
        if module.stem != "__init__":
            package = "jupyter_sandfs" if module.parent == PACKAGE else module.parent.relative_to(PACKAGE).as_posix()
            there.setdefault(package, []).append(module.stem)

    assert named == there


def test_the_design_names_each_module_of_the_file_system():
    words = set(re.findall(r"\w+", (ROOT / "docs" / "design.md").read_text()))

    assert {module.stem for module in (PACKAGE / "vfs").rglob("*.py")} - {"__init__"} - words == set()


def test_each_call_of_a_file_system_is_documented():
    page = (ROOT / "docs" / "filesystem.md").read_text()
    calls = [name for name in vars(FileSystem) if not name.startswith("_")]

    assert [name for name in calls if f"`{name}`" not in page] == []


def test_the_names_given_for_those_of_csharp_exist():
    page = (ROOT / "docs" / "filesystem.md").read_text().partition("## Names of the C# interface")[2]
    given = re.findall(
        r"`([a-z_.]+)[`(]", "".join(row.split("|")[2] for row in page.splitlines() if row.startswith("|"))
    )
    homes = [FileSystem, FileStorage, Stats, paths]

    assert len(given) > 30
    assert [name for name in given if not any(hasattr(home, name.removeprefix("paths.")) for home in homes)] == []


@pytest.mark.parametrize("code", snippets())
def test_each_python_snippet_of_the_readme_runs(code: str, capsys):
    exec(compile(code, "README.md", "exec"), {})

    assert "Traceback" not in capsys.readouterr().out


def test_the_readme_snippet_prints_what_it_says(capsys):
    exec(compile(snippets()[0], "README.md", "exec"), {})

    assert capsys.readouterr().out == "['/notes/todo.txt']\n\n"


def test_each_error_stands_in_the_table_under_its_status():
    rows = re.findall(r"^\| (\d{3}) \| (.+) \|$", HTTP, re.MULTILINE)
    table = {code: int(status) for status, codes in rows for code in re.findall(r"`(\w+)`", codes)}
    known = {code: each.http_status for code, each in errors.BY_CODE.items()}

    assert {code: status for code, status in table.items() if code not in {"forbidden", "hook_error"}} == {
        code: status for code, status in known.items() if code != "hook_error"
    }


def test_the_page_and_the_openapi_document_name_the_same_requests():
    told = {(method.upper(), path) for path, item in PATHS.items() for method in item}
    rows = re.findall(r"^\| `([A-Z]+) /sandfs/v1(/[^`?]*)[^|]*\|(.*)$", HTTP, re.MULTILINE)
    named = {(method, path) for method, path, _ in rows}
    named |= {("HEAD", path) for _, path, says in rows if "`HEAD` too" in says}

    assert {row for row in named if not row[1].startswith("/store")} == told  # that one is between programs of ours


def test_each_route_of_the_whole_store_is_documented():
    routes = [path.replace("([a-z_]+)", "{call}") for path, _ in store.routes("/sandfs/v1/store")]

    assert [path for path in routes if path not in HTTP] == []


def test_the_page_names_each_query_argument():
    operations = [told for item in PATHS.values() for told in item.values()]
    names = {each["name"] for told in operations for each in told.get("parameters", ()) if each["in"] == "query"}

    assert [name for name in names if not re.search(rf"\b{name}\b", HTTP)] == []


@pytest.mark.parametrize("node", THREATS)
def test_each_line_of_the_threat_model_is_held_by_a_test(node: str):
    path, *_, name = node.split("::")

    assert re.search(rf"^ *(async )?def {name}\(", (ROOT / path).read_text(), re.MULTILINE), node


def test_no_line_of_the_threat_model_goes_without_a_test():
    lines = re.findall(r"^\| (?!wants|would|somebody|---).*$", (ROOT / "docs" / "threats.md").read_text(), re.MULTILINE)

    assert len(lines) == len(THREATS) > 40


def test_each_call_of_the_store_is_documented():
    assert [name for name in (*store.READING, *store.CHANGING) if f"`{name}`" not in HTTP] == []


def test_each_command_of_the_terminal_is_documented_with_its_options():
    page = (ROOT / "docs" / "cli.md").read_text()
    commands = {f"files {name}": each for name, each in cli.commands["files"].commands.items()}
    commands |= {f"fs {name}": each for name, each in cli.commands["fs"].commands.items()}
    commands["completion"] = cli.commands["completion"]
    sections = dict(
        zip(
            re.findall(r"^## `(.+?)`", page, re.MULTILINE),
            re.split(r"^## .*$", page, flags=re.MULTILINE)[1:],
            strict=False,
        )
    )

    for name, command in commands.items():
        options = [option for each in command.params for option in each.opts if option.startswith("--")]
        everywhere = {"--store", "--server", "--token", "--session-id", "--sandbox", "--view"}
        assert [option for option in options if option not in everywhere and f"`{option}" not in sections[name]] == []
    assert [option for option in sorted(everywhere) if f"`{option}" not in page] == []


def test_each_exit_code_is_documented():
    page = (ROOT / "docs" / "cli.md").read_text()

    assert [code for code in {0, 1, 2, *EXIT_CODES.values()} if f"\n| {code} |" not in page] == []


def test_each_trait_is_documented():
    traits = [
        f"`c.{kind.__name__}.{name}`"
        for kind in (SandFS, FileStoreLimits)
        for name in kind.class_own_traits(config=True)
    ]
    assert [trait for trait in traits if trait not in CONFIGURATION] == []
    assert STORE_URL_VARIABLE in CONFIGURATION
    assert TENANT_VARIABLE in CONFIGURATION


def test_each_magic_is_documented():
    names = [f"%sandfs {name}".strip() for name in LINE_COMMANDS] + [f"%%sandfs {name}" for name in CELL_COMMANDS]
    page = (ROOT / "docs" / "magics.md").read_text()

    assert [name for name in names if name not in page] == []


def test_each_option_of_a_magic_is_documented():
    page = (ROOT / "docs" / "magics.md").read_text()
    commands = [*LINE_COMMANDS.items(), *CELL_COMMANDS.items()]
    options = {(name, each.word) for name, command in commands for each in command.options}
    spelled = {("write", "append"): "-a", ("apply-patch", "strip"): "-p N", ("apply-patch", "directory"): "-d DIR"}
    spelled |= {("apply-patch", "reverse"): "-R"}

    missing = [option for option in options if spelled.get(option, f"--{option[1]}") not in page]
    assert missing == []


def test_each_command_is_documented():
    page = (ROOT / "docs" / "commands.md").read_text()

    assert [name for name in COMMANDS if f"`{name}" not in page] == []
