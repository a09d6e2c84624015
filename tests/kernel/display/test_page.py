"""Pages: whatever comes from files, names or people is text in them."""

from __future__ import annotations

from html.parser import HTMLParser
from itertools import count

import pytest

from jupyter_sandfs.agents.toolset import Toolset
from jupyter_sandfs.errors import InvalidRequest
from jupyter_sandfs.kernel.display.bars import bars, measure
from jupyter_sandfs.kernel.display.calls import one_call, timeline_of_calls
from jupyter_sandfs.kernel.display.history import folded, rows_of_changes, timeline
from jupyter_sandfs.kernel.display.listing import badges, listing, rows
from jupyter_sandfs.kernel.display.page import element, page, table, text
from jupyter_sandfs.sandbox import Sandbox
from jupyter_sandfs.shell.options import Arguments
from jupyter_sandfs.vfs.filesystem import VirtualFileSystem
from jupyter_sandfs.vfs.policy import NodePolicy

HOSTILE = "<img src=x onerror=alert(1)>\"'&\u202etxt.exe\x1b[31m"
SHOWN = "<img src=x onerror=alert(1)>\"'&\\u202etxt.exe\\u001b[31m"
OURS = {"style", "div", "table", "thead", "tbody", "tr", "th", "td", "button", "pre", "span", "details", "summary"} | {
    *("ol", "li", "time", "strong", "code")
}


class _Reader(HTMLParser):
    """Collects what a browser would see."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.handlers, self.told, self._style = set(), set(), [], False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.add(tag)
        self.handlers |= {value for name, value in attrs if name.startswith("on")}
        self._style = tag == "style"

    def handle_endtag(self, tag):
        self._style = self._style and tag != "style"

    def handle_data(self, data):
        if not self._style:
            self.told.append(data)

    @property
    def text(self):
        return "".join(self.told)


@pytest.fixture
def fs():
    made = VirtualFileSystem()
    with made.action(HOSTILE, HOSTILE):
        made.write_file(f"/d/{HOSTILE}", HOSTILE)
        made.symlink(HOSTILE, "/link")
    made.set_policy("/d", NodePolicy(visibility=HOSTILE))
    return made


def pages(fs):
    before = fs.snapshot()
    fs.write_file(f"/d/{HOSTILE}", f"{HOSTILE}\nmore\n")
    fs.move(f"/d/{HOSTILE}", f"/{HOSTILE}")
    changes = fs.diff(before)
    yield listing(fs, {HOSTILE: "/", "/d": "/d"}, Arguments())
    yield rows_of_changes(changes, head=HOSTILE)
    yield folded(HOSTILE, changes, f"--- {HOSTILE}\n+{HOSTILE}\n")
    yield timeline(fs.log())
    yield from pages_of_calls()
    yield bars(measure(fs), HOSTILE)[1]
    yield table([HOSTILE], [[HOSTILE]], note=HOSTILE)


def pages_of_calls():
    sandbox = Sandbox("hostile")
    try:
        tools = sandbox.tools(agent=HOSTILE)
        tools.call("sandbox_fs_write", {"path": f"/{HOSTILE}", "content": f"{HOSTILE}\n" * 9})
        tools.call(HOSTILE, {HOSTILE: HOSTILE})
        yield timeline_of_calls(sandbox.transcript)
        for number in (1, 2):
            yield one_call(sandbox.transcript.call(number), sandbox.transcript.diff(number))
    finally:
        sandbox.close()


def test_a_timeline_of_calls_has_the_latest_first_each_with_its_changes():
    sandbox = Sandbox("calls")
    tools = Toolset(sandbox, "bob", clock=count(1_700_000_000).__next__)
    answer = tools.call("sandbox_exec", {"command": "touch /a; rm /a"})
    tools.call("sandbox_fs_read", {"path": "/none"})
    seen = _Reader(timeline_of_calls(sandbox.transcript))

    assert seen.text.split("22:13:2")[1:] == [
        '2 bob sandbox_fs_read refused, 1.0 s{"path": "/none"}',
        f'0 bob sandbox_exec {answer.size} bytes, 1.0 s{{"command": "touch /a; rm /a"}}write    /a  v1\nremove   /a\n',
    ]
    sandbox.close()


def test_nothing_hostile_becomes_an_element_or_a_handler(fs):
    for html in pages(fs):
        seen = _Reader(html)
        assert seen.elements <= OURS
        assert [each for each in seen.handlers if not each.startswith("const h=this.closest('th')")] == []
        assert "alert(1)" in seen.text
        assert not {"\u202e", "\x1b"} & set(html)


def test_text_is_escaped_and_what_hides_in_it_is_shown():
    assert text("a<b>&\"'\u202e\x00\n") == "a&lt;b&gt;&amp;&quot;&#x27;\\u202e\\u0000\n"
    assert _Reader(page(HOSTILE)).text == SHOWN


def test_an_element_escapes_its_children_and_attributes():
    assert element("b", "<", element("i", ">"), title='"') == '<b title="&quot;">&lt;<i>&gt;</i></b>'
    with pytest.raises(InvalidRequest):
        element("b onclick=x")


def test_a_listing_has_a_row_for_each_name_and_keys_to_sort_by():
    fs = VirtualFileSystem()
    fs.write_file("/b", "x" * 2000)
    fs.write_file("/.hidden", "")
    fs.mkdir("/a")
    fs.set_policy("/b", NodePolicy(writable=False, visibility="secret"))
    html, data = listing(fs, {"/": "/"}, Arguments()), rows(fs, {"/": "/"}, Arguments())

    assert [(each["name"], each["size"], each["rules"]) for each in data] == [
        ("a", 0, ""),
        ("b", 2000, "read-only, secret"),
    ]
    assert _Reader(html).text.startswith("namesizemodifiedversionrulesa/")
    assert 'data-k="2000.0"' in html
    assert "2.0 KB" in html
    assert [each["name"] for each in rows(fs, {"/": "/"}, Arguments({"a": ""}))] == [".hidden", "a", "b"]


def test_a_long_listing_is_cut_on_the_page_but_not_in_the_data():
    fs = VirtualFileSystem()
    for number in range(1005):
        fs.write_file(f"/{number}", "")
    html, data = listing(fs, {"/": "/"}, Arguments()), rows(fs, {"/": "/"}, Arguments())

    assert (html.count("<tr>"), len(data)) == (1001, 1005)
    assert "… and 5 more" in html


@pytest.mark.parametrize(
    ("policy", "told"),
    [
        (NodePolicy(), ""),
        (NodePolicy(writable=False), "read-only"),
        (NodePolicy(append_only=True, readable=False), "not readable, append-only"),
        (NodePolicy(visibility="team"), "team"),
    ],
)
def test_rules_are_told_in_words(policy, told):
    assert badges(policy) == told


def test_a_timeline_has_an_item_for_each_action_the_latest_first():
    fs = VirtualFileSystem()
    with fs.action("first", "ada"):
        fs.write_file("/a", "")
        fs.write_file("/b", "")
    fs.remove("/a")
    html = timeline(fs.log())

    assert html.count("<li>") == 2
    assert html.index("remove") < html.index("first")


def test_long_differences_and_many_changes_are_cut():
    fs = VirtualFileSystem()
    before = fs.snapshot()
    for number in range(600):
        fs.write_file(f"/{number:03}", "")
    changes = fs.diff(before)
    html = folded("many", changes, "+x\n" * 100_000)

    assert html.count('class="added"') < 40_000
    assert "… and 100 more" in html
    assert "(cut)" in html
