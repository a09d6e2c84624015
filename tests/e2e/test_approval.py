"""The card in JupyterLab and Notebook 7: it is answered while its cell runs, and stays as a record."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
_PATIENCE = 60_000  # milliseconds: bounds a wait that normally takes a moment
_SETUP = """%load_ext jupyter_sandfs
from jupyter_sandfs import Sandbox
from jupyter_sandfs.agents.rules import Rule, Rules

sandbox = Sandbox.current()
sandbox.fs.write_file("/prompts/system.md", "# Weather analyst\\n\\nYou answer questions about the weather.\\n")
rules = Rules(Rule("ask", "write delete", "/prompts/**"), deadline=600)
tools = sandbox.tools(agent="researcher", rules=rules)"""
_EDIT = """edit = {"path": "/prompts/system.md", "old_text": "the weather", "new_text": "Seattle's weather"}
print(tools.call("sandbox_fs_edit", edit).text)"""
_DELETE = """print(tools.call("sandbox_fs_delete", {"path": "/prompts/system.md"}).text)"""
_RACE = """def agent(name):
    def run(fork):
        mine = fork.tools(agent=name, rules=rules)
        return [mine.call("sandbox_fs_write", {"path": f"/prompts/{name}.md", "content": "x"}).is_error]
    return run
race = sandbox.race({name: agent(name) for name in ("ann", "ben")})
print(sorted(each.report[0] for each in race.attempts.values()))"""
_WAIT = """print(tools.call("sandbox_exec", {"command": "echo up"}).text)
tools.call("sandbox_fs_delete", {"path": "/prompts/system.md"})
print("not " + "reached")"""
_CELLS = [_SETUP, _EDIT, _DELETE, _RACE, _WAIT]


@pytest.fixture
def notebook(lab) -> str:
    return lab.write_notebook("agent.ipynb", _CELLS)


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[Callable[[str], Page]]:
    """Open an address with a theme, light or dark."""
    expect.set_options(timeout=_PATIENCE)
    opened = []

    def make(address: str) -> Page:
        page = chromium.new_page(viewport={"width": 1100, "height": 800})
        page.set_default_timeout(_PATIENCE)
        page.goto(address)
        opened.append(page)
        return page

    yield make
    for each in opened:
        each.close()


def set_theme(lab, theme: str) -> None:
    """What the user's settings say before a page is opened; Notebook 7 reads the same."""
    settings = lab.root.parent / "config" / "lab" / "user-settings" / "@jupyterlab" / "apputils-extension"
    chosen = {"theme": f"JupyterLab {theme.capitalize()}"}
    (settings / "themes.jupyterlab-settings").write_text(json.dumps(chosen))


def cards(page: Page) -> Locator:
    return page.locator(".sfs-approval")


def output(page: Page, cell: int) -> Locator:
    return page.locator(".jp-CodeCell").nth(cell).locator(".jp-OutputArea")


def run_cell(page: Page, cell: int) -> None:
    page.locator(".jp-CodeCell").nth(cell).locator(".jp-InputArea-editor").click()
    page.keyboard.press("Shift+Enter")


@pytest.mark.parametrize(("place", "theme"), [("lab/tree", "dark"), ("notebooks", "light")])
def test_a_card_is_answered_while_its_cell_runs(
    open_page, lab, notebook, connect, keep_picture, place: str, theme: str
):
    set_theme(lab, theme)
    page = open_page(f"{lab.url}{place}/{notebook}?token={lab.token}")
    connect(page)
    run_cell(page, 0)

    run_cell(page, 1)
    card = cards(page)
    expect(card).to_contain_text("researcher asks to change /prompts/system.md")
    keep_picture(page, f"card-{theme}")
    card.get_by_role("button", name="Allow once").click()
    expect(card).to_have_count(0)
    expect(output(page, 1)).to_contain_text("researcher asked to change /prompts/system.md. ✓ Allowed once")
    expect(output(page, 1)).to_contain_text("edited /prompts/system.md, version 2")

    run_cell(page, 2)
    card.get_by_label("Reason for the agent").fill("it is needed <b>tomorrow</b>")
    card.get_by_role("button", name="Deny").click()
    expect(output(page, 2)).to_contain_text("it was not approved: it is needed <b>tomorrow</b>)")
    expect(output(page, 2)).to_contain_text("✗ Denied: it is needed <b>tomorrow</b>")
    keep_picture(page, f"card-{theme}-denied")

    run_cell(page, 3)
    expect(card).to_have_count(2)
    keep_picture(page, f"card-{theme}-race")
    for number, verdict in ((0, "Deny"), (0, "Allow for this run")):
        card.nth(number).get_by_role("button", name=verdict).click()
        expect(card).to_have_count(1 - number if verdict == "Deny" else 0)
    expect(output(page, 3)).to_contain_text("[False, True]")

    run_cell(page, 4)
    expect(card).to_contain_text("researcher asks to delete /prompts/system.md")
    page.keyboard.press("Escape")
    page.keyboard.press("i")
    page.keyboard.press("i")
    expect(card).to_have_count(0)
    expect(output(page, 4)).to_contain_text("Interrupted: denied")
    expect(output(page, 4)).to_contain_text("KeyboardInterrupt")
    expect(output(page, 4)).not_to_contain_text("not reached")
    keep_picture(page, f"card-{theme}-end")

    page.evaluate("() => { void window.jupyterapp.commands.execute('docmanager:save'); return 0 }")
    page.wait_for_function("() => window.jupyterapp.shell.currentWidget.context.model.dirty === false")
    lab.end_kernels()
    page.goto(f"{lab.url}{place}/{notebook}?token={lab.token}")
    expect(output(page, 1)).to_contain_text("researcher asked to change /prompts/system.md. ✓ Allowed once")
    expect(page.get_by_text("Error displaying widget")).to_have_count(0)
    output(page, 1).locator("summary").click()
    expect(output(page, 1)).to_contain_text("+You answer questions about Seattle's weather.")
    keep_picture(page, f"card-{theme}-reopened")
    connect(page)  # a server that is stopped while a kernel starts may not end
