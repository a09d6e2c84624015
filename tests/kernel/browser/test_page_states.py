"""The states of the page in a real browser: history, editor, store, lens, menus, moves; all of it for everybody."""

import base64
import json
import re
import zipfile
from pathlib import Path

import pytest

from jupyter_sandfs.kernel.moments import CELLS

pytestmark = pytest.mark.browser

DARK = """:root { --jp-layout-color0: #111; --jp-layout-color1: #212121; --jp-border-color1: #616161;
  --jp-border-color2: #424242; --jp-ui-font-color0: white; --jp-ui-font-color1: rgba(255,255,255,.87);
  --jp-brand-color1: #2196f3; --jp-success-color1: #4caf50; --jp-warn-color1: #ff9800; --jp-error-color1: #f44336;
  --jp-mirror-editor-keyword-color: #4caf50; --jp-mirror-editor-string-color: #ff7070;
  --jp-mirror-editor-header-color: #2196f3; --jp-mirror-editor-number-color: #66bb6a; color-scheme: dark }
  body { background: #111 }"""


@pytest.fixture
def page(open_page, owners):
    return open_page(owners)


@pytest.fixture
def fs(sandbox):
    return sandbox.fs


def press(page, *keys):
    page.page.focus("[role=tree]")
    for key in keys:
        page.page.keyboard.press(key)


def pick(page, path):
    page.page.click(f'[data-path="{path}"]')


def button(page, name):
    return page.page.get_by_role("button", name=name, exact=True)


# ---------------------------------------------------------------- menus and moving


def test_the_menu_key_opens_the_actions_of_a_row_and_gives_the_focus_back(page):
    page.show()
    pick(page, "/notes.md")
    press(page, "Shift+F10")
    page.page.wait_for_selector("[role=menu]")

    labels = page.page.eval_on_selector_all(
        "[role=menuitem] .sfs-clip", "(nodes) => nodes.map((node) => node.textContent)"
    )
    page.page.keyboard.press("End")
    last = page.page.evaluate("document.activeElement.textContent")
    page.page.keyboard.press("Escape")

    assert labels[:3] == ["Preview", "Edit", "Rename…"]
    assert last.startswith("Delete")
    assert page.page.evaluate("document.activeElement.getAttribute('role')") == "tree"


def test_a_right_click_selects_the_row_that_its_menu_is_for(page):
    page.show()

    page.page.click('[data-path="/notes.md"]', button="right")
    page.page.get_by_role("menu", name="Actions of notes.md").wait_for()

    assert page.selected() == "/notes.md"


def test_what_was_cut_is_pasted_into_the_folder_on_show(page, fs):
    page.show()
    pick(page, "/notes.md")
    press(page, "Control+x")
    page.page.wait_for_selector('[data-path="/notes.md"][data-cut]')
    pick(page, "/data")
    press(page, "Control+v")
    page.page.wait_for_selector('[data-path="/data/notes.md"][aria-selected="true"]')
    moved = fs.exists("/data/notes.md")
    button(page, "Undo").click()

    page.until(lambda: fs.exists("/notes.md"))
    assert moved


def test_a_row_is_moved_by_dragging_it_onto_a_folder(page, fs):
    page.show()

    page.page.drag_and_drop('[data-path="/notes.md"] .sfs-label', '[data-path="/data"] .sfs-label')

    page.until(lambda: fs.exists("/data/notes.md"))
    assert not fs.exists("/notes.md")


def test_a_folder_can_not_be_dragged_into_itself(page, fs):
    fs.mkdir("/data/below")
    page.show(expanded=["/data"])
    page.page.wait_for_selector('[data-path="/data/below"]')

    page.page.drag_and_drop('[data-path="/data"] .sfs-label', '[data-path="/data/below"] .sfs-label')

    assert (fs.is_dir("/data/below"), page.page.locator(".sfs-notice:visible").count()) == (True, 0)


def test_files_that_are_dropped_go_into_the_folder_under_them(page, fs):
    page.show()
    page.page.evaluate(
        """() => {
          const data = new DataTransfer();
          data.items.add(new File(["dropped"], "in.txt"));
          const drop = (type) => new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true });
          const row = () => document.querySelector('[data-path="/data"]');
          for (const type of ["dragover", "drop"]) row().dispatchEvent(drop(type));
        }"""
    )

    page.until(lambda: fs.exists("/data/in.txt"))
    assert fs.read_file("/data/in.txt") == "dropped"


def test_a_folder_is_downloaded_as_zip(page):
    page.show()
    pick(page, "/data")
    with page.page.expect_download() as download:
        press(page, "Alt+d")

    names = zipfile.ZipFile(Path(download.value.path())).namelist()
    assert download.value.suggested_filename == "data.zip"
    assert [name.lstrip("/") for name in names if name.endswith(".csv")] == ["rain.csv"]


# ---------------------------------------------------------------- listing


def test_a_folder_of_many_is_sorted_in_the_kernel(page, fs):
    for number in range(1_200):
        fs.write_file(f"/many/f{number}", "x" * (number % 7))
    fs.write_file("/many/zz-largest", "x" * 100)
    page.show(expanded=["/many"])
    page.page.wait_for_selector('[data-path="/many/f0"]')

    page.page.click('[data-column="size"]')
    page.page.click('[data-column="size"]')

    page.page.wait_for_selector('[data-path="/many/zz-largest"][aria-posinset="1"]')


def test_the_filter_finds_names_in_folders_that_were_never_opened(page, fs):
    fs.write_file("/deep/er/needle.txt", "")
    page.show()

    page.page.keyboard.press("Tab")
    page.page.fill("input[type=search]", "needle")

    page.page.wait_for_selector('[data-path="/deep/er/needle.txt"][aria-level="3"]')
    assert page.names() == ["deep", "er", "needle.txt"]


def test_the_owner_is_shown_what_is_hidden_from_some(page):
    page.show(expanded=["/tests"])

    page.page.wait_for_selector('[data-path="/tests/answers.json"] [aria-label="hidden from some"]')


def test_nothing_is_made_in_a_folder_that_takes_no_names(page):
    page.show()
    pick(page, "/tests")

    assert button(page, "New file (Alt+N)").is_disabled()
    assert button(page, "Upload (Alt+U)").is_disabled()


# ---------------------------------------------------------------- editing


def open_editor(page, path="/notes.md"):
    pick(page, path)
    press(page, "Alt+e")
    page.page.wait_for_selector("textarea")


def test_a_text_is_edited_and_saved_over_its_version(page, fs):
    page.show()
    open_editor(page)
    page.page.keyboard.type("New ")
    page.page.keyboard.press("Control+s")

    page.until(lambda: fs.read_file("/notes.md") == "New # Notes\n")
    page.page.wait_for_selector(".sfs-bar:has-text('v2, saved')")
    assert button(page, "Save").is_disabled()


@pytest.mark.parametrize(
    ("answer", "text"), [("Keep mine", "mine # Notes\n"), ("Use v2", "theirs"), ("Compare", "theirs")]
)
def test_a_version_that_was_saved_meanwhile_is_told_and_nothing_is_lost(page, fs, answer, text):
    page.show()
    open_editor(page)
    page.page.keyboard.type("mine ")
    fs.write_file("/notes.md", "theirs")
    page.changed(["/notes.md"])
    page.page.wait_for_selector("[role=alert]:has-text('Changed since you opened it')")
    blocked = button(page, "Save").is_disabled()
    button(page, answer).click()
    if answer == "Compare":
        page.page.wait_for_selector(".sfs-diff:has-text('mine')")
        page.page.keyboard.press("Escape")
        page.page.wait_for_selector("textarea")
    else:
        page.page.wait_for_selector("[role=alert]", state="hidden")
        page.page.focus("textarea")
        page.page.keyboard.press("Control+s")

    page.until(lambda: fs.read_file("/notes.md") == text)
    typed = page.page.input_value("textarea")
    assert (blocked, typed) == (True, "theirs" if answer == "Use v2" else "mine # Notes\n")


def test_leaving_what_is_not_saved_asks_first(page, fs):
    page.show()
    open_editor(page)
    page.page.keyboard.type("typed ")
    page.page.keyboard.press("Escape")
    page.page.wait_for_selector("[role=alert]:has-text('Not saved')")
    button(page, "Discard").click()

    page.page.wait_for_selector(".sfs-prose")
    assert fs.read_file("/notes.md") == "# Notes\n"


# ---------------------------------------------------------------- history


@pytest.fixture
def past(fs):
    """A named moment, a cell, and changes of each kind since."""
    fs.write_file("/gone.txt", "was here\n")
    fs.snapshot("start")
    CELLS.note(fs, 7)
    fs.write_file("/notes.md", "# Notes\nmore\n")
    fs.write_file("/new.txt", "")
    fs.remove("/gone.txt")
    CELLS.note(fs, 8)


def test_the_history_colours_the_tree_and_compares_a_file(page, past):
    page.show()
    press(page, "Alt+h")
    page.page.wait_for_selector('[data-path="/gone.txt"][data-mark="removed"]')

    marks = page.page.eval_on_selector_all(
        "[data-mark][role=treeitem]", "(rows) => rows.map((row) => [row.dataset.path, row.dataset.mark])"
    )
    labels = page.page.eval_on_selector_all(".sfs-event", "(nodes) => nodes.map((node) => node.textContent)")
    pick(page, "/notes.md")
    page.page.wait_for_selector(".sfs-diff")
    added = page.page.text_content('[data-side="new"][data-kind="added"]')

    assert marks == [["/gone.txt", "removed"], ["/new.txt", "added"], ["/notes.md", "changed"]]
    assert (labels, added) == (["start", "[7]", "[8]", "now"], "2+more")


def test_a_file_that_is_gone_comes_back_from_the_history(page, past, fs):
    page.show()
    press(page, "Alt+h")
    page.page.wait_for_selector('[data-path="/gone.txt"]')
    pick(page, "/gone.txt")
    page.page.wait_for_selector(".sfs-diff")

    button(page, "Restore this file").click()

    page.until(lambda: fs.exists("/gone.txt"))
    assert fs.read_file("/gone.txt") == "was here\n"


def test_everything_is_restored_after_a_question_and_undone(page, past, fs):
    page.show()
    press(page, "Alt+h")
    page.page.wait_for_selector('[data-path="/gone.txt"]')
    button(page, "Restore…").click()
    button(page, "Restore").click()
    page.until(lambda: fs.exists("/gone.txt"))
    restored = (fs.exists("/new.txt"), fs.read_file("/notes.md"))
    button(page, "Undo").click()

    page.until(lambda: fs.exists("/new.txt"))
    assert restored == (False, "# Notes\n")


def test_brackets_step_through_moments_and_arrows_through_changes(page, past):
    page.show()
    press(page, "Alt+h")
    page.page.wait_for_selector('[data-path="/gone.txt"]')
    slider = page.page.locator("input[type=range]")
    press(page, "]")
    later = slider.get_attribute("aria-valuetext")
    press(page, "[", "[")
    page.page.wait_for_selector('[data-path="/gone.txt"]')
    press(page, "Alt+ArrowDown")
    page.page.wait_for_selector(".sfs-diff")

    assert (later, slider.get_attribute("aria-valuetext")) == ("after cell [8]", "snapshot start")
    assert page.selected() == "/gone.txt"


# ---------------------------------------------------------------- store and lens


def test_a_file_is_published_for_a_time_and_listed_with_its_key(page, sandbox):
    page.show()
    pick(page, "/notes.md")
    press(page, "Alt+s")
    page.page.wait_for_selector(".sfs-store")
    press(page, "Alt+p")
    button(page, "1 day").click()
    page.page.wait_for_selector(".sfs-stored")

    (stored,) = sandbox.files.list().items
    assert page.page.get_attribute(".sfs-stored", "data-key") == stored.key
    assert page.page.text_content(".sfs-ttl") == "23 h left"


def test_a_stored_file_comes_into_the_folder_on_show(page, sandbox, fs):
    sandbox.files.put("files/from-afar.txt", b"stored")
    page.show()
    pick(page, "/data")
    press(page, "Alt+s")
    button(page, "Bring from-afar.txt into the folder").click()

    page.until(lambda: fs.exists("/data/from-afar.txt"))
    assert fs.read_file("/data/from-afar.txt") == "stored"


def test_a_file_of_the_machine_goes_to_the_store_without_a_server(page, sandbox):
    page.show()
    press(page, "Alt+s")
    page.page.wait_for_selector(".sfs-store")
    with page.page.expect_file_chooser() as chooser:
        press(page, "Alt+u")
    chooser.value.set_files([{"name": "up.bin", "mimeType": "", "buffer": b"\x00" * 2_500_000}])
    button(page, "Keep").click()
    page.page.wait_for_selector(".sfs-stored:has-text('up.bin')")

    (stored,) = sandbox.files.list().items
    assert (stored.size_bytes, stored.expires_at) == (2_500_000, None)


def test_the_owner_looks_as_a_view_and_sees_what_it_hides(page):
    page.show(expanded=["/tests"])
    press(page, "Alt+v")
    page.page.wait_for_selector('[data-path="/tests"]:has-text("1 hidden")')
    names = page.names()
    pick(page, "/tests/test_rain.py")
    rules = page.page.get_by_role("group", name="Rules")
    rules.get_by_text("read-only, set on /tests").first.wait_for()
    told = rules.text_content()
    button(page, "Back to my view").click()
    page.page.wait_for_selector('[data-path="/tests/answers.json"]')

    assert "answers.json" not in names
    assert "answers.json" in told


def test_a_browser_bound_to_a_view_shows_none_of_that(open_page, sandbox, make_browser, dispatcher, monkeypatch):
    view = sandbox.seen_by("student")
    monkeypatch.setattr(dispatcher, "_resolve", lambda _sandbox, _view: view)
    page = open_page(make_browser(fs=view, view="student", sandbox=sandbox, kernel_id=""))
    page.show(expanded=["/tests"], view="student")
    page.page.wait_for_selector('[data-path="/tests/test_rain.py"]')

    press(page, "Alt+s", "Alt+v", "Alt+p", "Alt+w")
    tools = page.page.eval_on_selector_all("[role=toolbar] button", "(all) => all.map((each) => each.ariaLabel)")

    assert [name for name in tools if name and re.search("store|View as|Switch", name)] == []
    assert page.page.locator("text=hidden").count() == 0


# ---------------------------------------------------------------- kernels that go, two browsers


def test_a_kernel_that_restarted_is_told_with_a_way_on(page):
    page.show()
    page.page.evaluate("views[0].model.emit('comm_live_update')")
    page.page.wait_for_selector(".sfs-notice:has-text('Kernel restarted')")

    button(page, "Reload").click()
    page.page.wait_for_selector(".sfs-notice:has-text('There is no kernel here')")

    assert page.names() == ["data", "tests", "notes.md"]
    assert page.page.text_content(".sfs-status [role=status]") == "Saved listing"


def test_reload_goes_on_in_the_kernel_that_came_after(page):
    page.show()
    page.page.evaluate(
        """() => {
          const { model } = views[0];
          const asked = [];
          model.widget_manager = {
            kernel: { requestExecute: (content) => { asked.push(content.user_expressions.made);
              return { done: Promise.resolve({ content: { user_expressions: {
                made: { status: "ok", data: { "text/plain": "'fresh'" } } } } }) }; } },
            get_model: async (id) => { window.reloaded = [id, asked]; return model; },
          };
          model.emit("comm_live_update");
        }"""
    )
    button(page, "Reload").click()
    page.page.wait_for_selector(".sfs-notice:has-text('Kernel restarted')", state="hidden")

    made = page.page.evaluate("window.reloaded")
    assert made[0] == "fresh"
    assert made[1][0].endswith('.again("default","/", None)')
    assert page.names() == ["data", "tests", "notes.md"]


def test_two_browsers_of_one_sandbox_agree(page, fs):
    page.show()
    page.show(wait="main > div:nth-child(2) [role=treeitem]")
    fs.write_file("/both.txt", "")
    page.changed(["/both.txt"])

    page.until(lambda: page.names().count("both.txt") == 2)
    labels = page.page.eval_on_selector_all(".sfs", "(all) => all.map((each) => each.ariaLabel)")
    assert labels == ["Sandbox default", "Sandbox default (2)"]


# ---------------------------------------------------------------- hostile files

HOSTILE = "<img src=x onerror=window.owned=1><svg onload=window.owned=1><script>window.owned=1</script>"
NOTEBOOK = {
    "cells": [
        {"cell_type": "markdown", "source": HOSTILE + "[x](javascript:window.owned=1) ![y](https://x.test/y.png)"},
        {
            "cell_type": "code",
            "source": HOSTILE,
            "outputs": [
                {"output_type": "display_data", "data": {"text/html": HOSTILE, "text/plain": HOSTILE}},
                {"output_type": "display_data", "data": {"image/png": '"><script>window.owned=1</script>'}},
                {"output_type": "display_data", "data": {"application/javascript": "window.owned=1"}},
                {"output_type": "error", "traceback": [HOSTILE]},
            ],
        },
    ],
}
FILES = {
    "page.html": HOSTILE,
    "text.md": HOSTILE + "\n\n[x](javascript:window.owned=1) <a href='javascript:window.owned=1'>y</a>",
    "table.csv": f"{HOSTILE},b\n{HOSTILE},2\n",
    "rows.json": json.dumps([{HOSTILE: HOSTILE}]),
    "book.ipynb": json.dumps(NOTEBOOK),
    "drawing.svg": f'<svg xmlns="http://www.w3.org/2000/svg" onload="window.owned=1">{HOSTILE}</svg>',
    "code.py": f"'''{HOSTILE}'''",
    "bytes.bin": "\x00" + HOSTILE,
    f"{HOSTILE.replace('/', '-')}.txt": HOSTILE,
    '"><script>window.owned=1<': HOSTILE,
    "\u202egnp.exe\n\x1b[31m": HOSTILE,
}


@pytest.fixture
def hostile(fs):
    for name, content in FILES.items():
        fs.write_file(f"/hostile/{name}", content)
    fs.snapshot(HOSTILE)
    fs.write_file("/hostile/text.md", HOSTILE * 2)


def test_no_name_and_no_content_runs(page, hostile, sandbox):
    sandbox.publish("/hostile/page.html")
    sandbox.view(sandbox.seen_by("student")._rule, name=HOSTILE)
    page.show(expanded=["/hostile"])
    page.until(lambda: page.page.locator("[role=treeitem]").count() == len(FILES) + 4)
    rows = page.page.locator('[role=treeitem][aria-level="2"]')
    for index in range(len(FILES)):
        rows.nth(index).click()
        page.page.wait_for_selector(".sfs-pane .sfs-scroll > *")
        press(page, "Shift+F10")
        page.page.keyboard.press("Escape")
    for keys in ("Alt+e", "Escape", "Alt+h", "Alt+ArrowDown", "Escape", "Escape", "Alt+s", "Escape", "Alt+v"):
        press(page, keys)
    page.page.wait_for_selector('[data-tone="view"]')

    found = page.page.evaluate(
        """[window.owned ?? null,
          document.querySelectorAll('main script, main a[href^="javascript"], main iframe').length,
          [...document.querySelectorAll('main img')].filter((each) => !/^(blob|data):/.test(each.src)).length]"""
    )
    assert found == [None, 0, 0]
    assert page.requests == []


# ---------------------------------------------------------------- for everybody

STATES = {
    "browse": lambda page: pick(page, "/data/rain.csv"),
    "markdown": lambda page: pick(page, "/notes.md"),
    "code": lambda page: pick(page, "/tests/test_rain.py"),
    "menu": lambda page: press(page, "ArrowDown", "Shift+F10"),
    "keys": lambda page: press(page, "?"),
    "edit": open_editor,
    "history": lambda page: (press(page, "Alt+h"), page.page.wait_for_selector("[data-mark]"), pick(page, "/notes.md")),
    "store": lambda page: (press(page, "Alt+s"), page.page.wait_for_selector(".sfs-stored")),
    "lens": lambda page: (press(page, "Alt+v"), page.page.wait_for_selector(".sfs-chip"), pick(page, "/notes.md")),
    "deleted": lambda page: (pick(page, "/new.txt"), press(page, "Delete"), button(page, "Undo").wait_for()),
    "gone": lambda page: page.page.evaluate("views[0].model.emit('comm_live_update')"),
}
STATES |= {
    "several": lambda page: press(page, "Control+a"),
    "picture": lambda page: pick(page, "/dot.png"),
    "hex": lambda page: pick(page, "/bytes.bin"),
    "notebook": lambda page: pick(page, "/book.ipynb"),
    "records": lambda page: pick(page, "/rows.json"),
    "rename": lambda page: (pick(page, "/notes.md"), press(page, "F2")),
    "nothing": lambda page: page.page.fill("input[type=search]", "zzz"),
    "unsaved": lambda page: (open_editor(page), page.page.keyboard.type("x"), page.page.keyboard.press("Escape")),
    "restore": lambda page: (press(page, "Alt+h"), button(page, "Restore…").click()),
    "publish": lambda page: (pick(page, "/notes.md"), press(page, "Alt+p")),
    "sandboxes": lambda page: button(page, "Switch sandbox").click(),
}
SHOWN = {
    "browse": "td",
    "markdown": ".sfs-prose",
    "code": "pre",
    "history": ".sfs-diff",
    "lens": ".sfs-grants",
    "several": ".sfs-status:has-text('selected')",
    "picture": ".sfs-image img",
    "hex": ".sfs-hex",
    "notebook": ".sfs-nb-cell",
    "records": "td",
    "rename": ".sfs-notice input[type=text]",
    "nothing": ".sfs-block:has-text('Nothing matches')",
    "unsaved": "[role=alert]:has-text('Not saved')",
    "restore": ".sfs-notice:has-text('Restore everything')",
    "publish": ".sfs-notice:has-text('Publish notes.md')",
    "sandboxes": "[role=menuitemradio]",
}
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


@pytest.fixture
def each_kind(fs):
    """A file for each kind of preview."""
    fs.write_bytes("/dot.png", base64.b64decode(PNG))
    fs.write_bytes("/bytes.bin", bytes(range(256)))
    fs.write_file("/book.ipynb", json.dumps(NOTEBOOK))
    fs.write_file("/rows.json", '[{"a": 1}, {"a": 2}]')


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_in_any_state(open_page, owners, sandbox, past, each_kind, node_packages, theme):
    sandbox.publish("/notes.md", ttl=600)
    axe = (node_packages / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
    found = {}
    page = open_page(owners, reduced_motion="reduce")
    page.page.add_style_tag(content=DARK if theme == "dark" else "body { background: white }")
    page.page.evaluate(axe)
    for state, enter in STATES.items():
        page.show(expanded=["/data", "/tests"], wait='[data-path="/tests/test_rain.py"]')
        enter(page)
        page.page.wait_for_selector(SHOWN.get(state, ".sfs"))
        told = page.page.evaluate("axe.run('main', {resultTypes: ['violations']})")
        found[state] = [
            (each["id"], node["html"][:120], node["any"][0]["message"][:160] if node["any"] else "")
            for each in told["violations"]
            for node in each["nodes"]
        ]
        page.page.evaluate("views.splice(0).forEach((view) => { view.cleanup(); view.el.remove(); })")
        page.browser._ask({"op": "view_as", "arguments": {}}, b"")

    assert {state: faults for state, faults in found.items() if faults} == {}


@pytest.mark.parametrize(("width", "scale"), [(224, 4), (320, 2), (480, 1)])
def test_a_narrow_or_zoomed_page_keeps_everything_within_it(open_page, owners, past, width, scale):
    page = open_page(owners, viewport={"width": width, "height": 500}, device_scale_factor=scale)
    page.show(expanded=["/data"], wait='[data-path="/data/rain.csv"]')
    pick(page, "/data/rain.csv")
    page.page.wait_for_selector("td")
    press(page, "Alt+h")
    page.page.wait_for_selector(".sfs-event")
    right = (
        """(nodes) => Math.max(...nodes.map((each) => each.checkVisibility() && each.getBoundingClientRect().right))"""
    )

    assert page.page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert page.page.eval_on_selector_all(".sfs-bar button, .sfs-bar input", right) <= width
