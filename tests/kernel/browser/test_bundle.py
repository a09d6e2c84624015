import re
import subprocess
from collections import Counter

import pytest

from jupyter_sandfs.kernel.browser import bundle

_TOP_LEVEL = re.compile(r"^(?:export )?(?:async )?(?:function|class|const|let) ([\w$]+)", re.MULTILINE)
_IMPORT = re.compile(r'^import \{([^}]*)\} from "\./([\w-]+\.js)";$', re.MULTILINE)


def _source(name):
    return (bundle.STATIC / name).read_text(encoding="utf-8")


def test_every_module_in_the_folder_is_in_the_bundle():
    found = sorted(path.name for path in bundle.STATIC.glob("*.js"))

    assert sorted(bundle.MODULES) == found


def test_no_top_level_name_is_used_in_two_modules():
    names = Counter(name for module in bundle.MODULES for name in _TOP_LEVEL.findall(_source(module)))

    assert [name for name, count in names.items() if count > 1] == []


@pytest.mark.parametrize("module", bundle.MODULES)
def test_a_module_imports_in_single_lines_from_earlier_ones_what_they_export(module):
    source = _source(module)
    imports = _IMPORT.findall(source)

    assert len(imports) == len(re.findall(r"^\s*import\b", source, re.MULTILINE))
    for names, origin in imports:
        assert bundle.MODULES.index(origin) < bundle.MODULES.index(module)
        exported = re.findall(
            r"^export (?:async )?(?:function|class|const|let) ([\w$]+)", _source(origin), re.MULTILINE
        )
        assert set(names.replace(" ", "").split(",")) <= set(exported)


def test_the_joined_module_has_one_export_and_no_import():
    lines = bundle.script().splitlines()

    assert [line for line in lines if line.startswith(("import ", "export "))] == ["export default { render };"]


@pytest.mark.parametrize("module", bundle.MODULES)
def test_a_module_makes_no_markup_and_no_code_from_strings(module):
    markup = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|DOMParser|srcdoc"
    code = r"\beval\b|new Function|javascript:"

    assert re.findall(f"{markup}|{code}", _source(module)) == []


@pytest.mark.parametrize("module", bundle.MODULES)
def test_a_module_keeps_to_400_lines(module):
    assert len(_source(module).splitlines()) <= 400


def test_the_style_sheet_names_jupyter_variables_in_its_roles_only():
    roles, _, rest = bundle.styles().partition("/* 2. Frame */")

    assert "--jp-" in roles
    assert re.findall(r"--jp-[\w-]+", rest) == []


def test_the_joined_module_parses(node, tmp_path):
    file = tmp_path / "joined.mjs"
    file.write_text(bundle.script(), encoding="utf-8")

    done = subprocess.run([node, "--check", str(file)], capture_output=True, text=True, timeout=60, check=False)

    assert (done.returncode, done.stderr) == (0, "")


def test_the_modules_load_as_they_stand(evaluate):
    assert evaluate("browser.js", "Object.keys(m.default)") == ["render"]
