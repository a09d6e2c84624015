"""Selecting in the tree: several rows, letters, and folders that are listed in part."""

import pytest

from jupyter_sandfs.vfs.filesystem import VirtualFileSystem

pytestmark = pytest.mark.browser

NAMES = ["alpha.txt", "beta.txt", "delta.txt", "gamma.txt", "zeta.txt"]


@pytest.fixture
def fs():
    system = VirtualFileSystem()
    system.mkdir("/box")
    for name in NAMES:
        system.write_file(f"/{name}", name)
    return system


@pytest.fixture
def page(open_page, make_browser):
    page = open_page(make_browser(kernel_id=""))
    page.show(wait='[data-path="/zeta.txt"]')
    page.page.focus("[role=tree]")
    return page


@pytest.fixture
def many(open_page, make_browser, fs):
    """A page on a folder of 5,000."""
    for number in range(5_000):
        fs.write_file(f"/box/f{number}.txt", "")
    page = open_page(make_browser(kernel_id=""))
    page.show(expanded=["/box"], wait='[data-path="/box/f0.txt"]')
    page.page.focus("[role=tree]")
    return page


def keys(page, *names):
    for name in names:
        page.page.keyboard.press(name)


def type_at_once(page, text):
    """Type without a pause, however slow the machine is."""
    page.page.evaluate(
        """(text) => { for (const key of text) {
          document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true })); } }""",
        text,
    )


def click(page, name, *modifiers):
    page.page.click(f'[data-path="/{name}"] .sfs-label', modifiers=list(modifiers))


def chosen(page):
    return page.page.eval_on_selector_all(
        '[role=treeitem][aria-selected="true"]', "(rows) => rows.map((row) => row.dataset.path.slice(1))"
    )


def focused(page):
    return page.page.evaluate(
        """() => document.getElementById(
          document.querySelector("[role=tree]").getAttribute("aria-activedescendant"))?.dataset.path"""
    )


def test_the_tree_says_that_several_can_be_selected(page):
    assert page.page.get_attribute("[role=tree]", "aria-multiselectable") == "true"


@pytest.mark.parametrize(
    ("pressed", "rows", "row"),
    [
        (["Home", "ArrowDown", "Shift+ArrowDown", "Shift+ArrowDown"], NAMES[:3], "/delta.txt"),
        (["End", "Shift+ArrowUp", "Shift+ArrowUp", "Shift+ArrowDown"], NAMES[3:], "/gamma.txt"),
        (["End", "Shift+Home"], ["box", *NAMES], "/box"),
        (["Home", "ArrowDown", "Control+ArrowDown", "Control+ArrowDown", "Control+ ", "Control+ArrowUp"],
         ["alpha.txt", "delta.txt"], "/beta.txt"),
        (["Home", "ArrowDown", " "], [], "/alpha.txt"),
        (["Home", "Control+a"], ["box", *NAMES], "/box"),
        (["Home", "Control+a", "Escape"], ["box"], "/box"),
        (["Home", "Control+a", "ArrowDown"], ["alpha.txt"], "/alpha.txt"),
    ],
)  # fmt: skip
def test_rows_are_selected_by_keys(page, pressed, rows, row):
    keys(page, *pressed)

    assert (chosen(page), focused(page)) == (rows, row)


def test_rows_are_selected_by_clicks(page):
    click(page, "alpha.txt")
    click(page, "delta.txt", "Shift")
    span = chosen(page)
    click(page, "beta.txt", "Control")
    click(page, "zeta.txt", "Control")
    page.page.wait_for_selector(".sfs-status:has-text('3 selected')")
    some = chosen(page)
    click(page, "gamma.txt")

    assert (span, some, chosen(page)) == (NAMES[:3], ["alpha.txt", "delta.txt", "zeta.txt"], ["gamma.txt"])


def test_several_files_are_deleted_and_come_back_in_one_undo(page, fs):
    click(page, "alpha.txt")
    click(page, "delta.txt", "Shift")
    keys(page, "Delete")
    page.page.wait_for_selector(".sfs-notice:has-text('Deleted 3 files.')")
    left = sorted(fs.listdir("/"))
    page.changed([f"/{name}" for name in NAMES[:3]])
    page.page.wait_for_selector('[data-path="/delta.txt"]', state="detached")
    page.page.wait_for_function("!document.querySelector('.sfs-status').textContent.includes('selected')")
    page.page.get_by_role("button", name="Undo", exact=True).click()
    page.page.wait_for_selector(".sfs-notice:has-text('Undone')")

    assert (left, sorted(fs.listdir("/"))) == (["box", "gamma.txt", "zeta.txt"], sorted(["box", *NAMES]))


def test_several_files_are_cut_and_pasted(page, fs):
    click(page, "alpha.txt")
    click(page, "beta.txt", "Control")
    keys(page, "Control+x")
    click(page, "box")
    keys(page, "Control+v")
    page.page.wait_for_selector(".sfs-notice:has-text('Moved 2 items to /box.')")

    assert sorted(fs.listdir("/box")) == ["alpha.txt", "beta.txt"]


def test_what_is_selected_is_dragged_together(page, fs):
    click(page, "alpha.txt")
    click(page, "beta.txt", "Shift")

    page.page.drag_and_drop('[data-path="/beta.txt"] .sfs-label', '[data-path="/box"] .sfs-label')
    page.page.wait_for_selector(".sfs-notice:has-text('Moved 2 items to /box.')")

    assert sorted(fs.listdir("/box")) == ["alpha.txt", "beta.txt"]


def test_several_files_are_downloaded_one_after_the_other(page):
    click(page, "alpha.txt")
    click(page, "beta.txt", "Shift")
    names = []
    page.page.on("download", lambda download: names.append(download.suggested_filename))
    keys(page, "Alt+d")

    page.until(lambda: sorted(names) == ["alpha.txt", "beta.txt"])


def test_the_menu_of_several_offers_what_several_can_have(page):
    click(page, "alpha.txt")
    click(page, "gamma.txt", "Shift")
    page.page.click('[data-path="/beta.txt"]', button="right")
    page.page.get_by_role("menu", name="Actions of 4 items").wait_for()

    labels = page.page.eval_on_selector_all("[role=menuitem] .sfs-clip", "(all) => all.map((each) => each.textContent)")
    assert labels == ["Cut", "Copy path", "Download", "New file…", "New folder…", "Upload…", "Delete"]


def test_letters_go_to_names_and_do_nothing_else(page):
    seen = []
    for letter in "bdz":
        keys(page, letter)
        seen.append(focused(page))
        keys(page, "Home")

    assert seen == ["/beta.txt", "/delta.txt", "/zeta.txt"]
    assert page.page.locator(".sfs-notice:visible, .sfs-transfers:visible").count() == 0


def test_letters_without_a_pause_make_a_name(page):
    type_at_once(page, "be")

    assert focused(page) == "/beta.txt"


def test_the_end_of_a_long_folder_is_one_key_away(many):
    keys(many, "ArrowDown", "End", "ArrowUp", "ArrowUp", "ArrowUp", "ArrowUp", "ArrowUp")
    many.page.wait_for_selector('[data-path="/box/f4999.txt"][aria-selected="true"]')

    assert many.page.get_attribute('[data-path="/box/f4999.txt"]', "aria-posinset") == "5000"
    assert many.page.locator(".sfs-row").count() < 100


def test_scrolling_far_lists_the_page_that_is_in_view(many):
    many.page.evaluate("document.querySelector('[role=tree]').scrollTop = 3300 * 24")

    many.page.wait_for_selector('[data-path="/box/f3305.txt"]')
    asked = many.page.eval_on_selector('[data-path="/box/f3305.txt"]', "(row) => row.ariaSetSize")
    assert asked == "5000"


def test_a_name_is_typed_that_is_far_away_in_a_long_folder(many):
    keys(many, "ArrowDown", "ArrowDown")
    type_at_once(many, "f4321")

    many.page.wait_for_selector('[data-path="/box/f4321.txt"][aria-selected="true"]')


def test_python_selects_what_is_far_away_in_a_long_folder(many):
    many.page.evaluate(
        """() => { const { model } = views[0];
          model.set("selected", "/box/f4000.txt"); model.emit("change:selected"); }"""
    )

    many.page.wait_for_selector('[data-path="/box/f4000.txt"][aria-selected="true"]')


def test_a_change_far_down_in_a_long_folder_keeps_the_place(many, fs):
    many.page.evaluate("document.querySelector('[role=tree]').scrollTop = 3300 * 24")
    many.page.wait_for_selector('[data-path="/box/f3305.txt"]')
    fs.write_file("/box/f3306.txt", "longer")
    many.changed(["/box/f3306.txt"])

    many.page.wait_for_selector('[data-path="/box/f3306.txt"][data-fresh]')
    assert many.page.evaluate("document.querySelector('[role=tree]').scrollTop") == 3300 * 24


def test_more_than_can_be_taken_at_once_is_told(many):
    keys(many, "Home", "Control+a")
    many.page.wait_for_selector(".sfs-notice:has-text('The first 1,000 rows are selected')")

    assert many.page.text_content(".sfs-status").count("1,000 selected") == 1
