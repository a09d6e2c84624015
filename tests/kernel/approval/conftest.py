"""Questions as agents ask them, and who answers without a notebook."""

from __future__ import annotations

import pytest

from jupyter_sandfs.agents.questions import Asked, Operation, Question
from jupyter_sandfs.kernel.approval import card
from jupyter_sandfs.kernel.approval.card import document
from jupyter_sandfs.kernel.browser import bundle
from jupyter_sandfs.vfs import textdiff
from jupyter_sandfs.vfs.textdiff import Side

ORIGIN = "http://jupyter.test/"
DEADLINE = 30_000  # milliseconds, for what takes a moment
THEMES = {
    "light": "body { background: white }",
    "dark": """:root { --jp-layout-color0: #111; --jp-layout-color1: #212121; --jp-border-color1: #616161;
      --jp-border-color2: #424242; --jp-ui-font-color0: white; --jp-ui-font-color1: rgba(255,255,255,.87);
      --jp-brand-color1: #2196f3; --jp-success-color1: #4caf50; --jp-warn-color1: #ff9800; --jp-error-color1: #f44336;
      color-scheme: dark } body { background: #111 }""",
}
BEFORE = b"""# Weather analyst

You answer questions about the weather.

## Rules
- Cite the file.
- Round temperatures to one decimal.
- Ask before you install packages.
- Never write outside /out.
"""
AFTER = b"""# Weather analyst

You answer questions about Seattle's weather in one paragraph.
Use only files under /data. Say when a file is missing.

## Rules
- Cite the file and the rows you used.
- Round temperatures to one decimal.
- Never write outside /out.
"""
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>page</title><style>%s</style>
<main class="jp-Notebook" tabindex="-1"></main>
<script type="module">
import widget from "/card.js";
window.sent = [];
const kernel = { clientId: "c", username: "u", sendControlMessage(message) {
  window.sent.push(message.content.arguments);
  return { done: { catch() {} }, dispose() {} };
} };
window.ask = (number, question) => {
  const handlers = {};
  const model = {
    widget_manager: { kernel },
    get: (name) => ({ number, question })[name],
    on: (name, handler) => { handlers[name] = handler; },
    off: (name) => { delete handlers[name]; },
    send() {},
  };
  const el = document.querySelector("main").appendChild(document.createElement("div"));
  const cleanup = widget.render({ model, el });
  window.cards ??= [];
  window.cards.push({ el, handlers, close() { cleanup(); el.remove(); } });
};
window.ready = true;
</script>"""
HOSTILE = "<img src=x onerror='window.owned=1'>\u202egpj.\x1b[2J"


@pytest.fixture
def make_asked():
    """What an agent asks: a file as it is and as it would be; None for no file."""

    def make(before=b"one\n", after=b"two\n", *, path="/src/a.py", **told):
        sides = (Side(path, before), Side(path, after))
        kind = Operation.WRITE if after is not None else Operation.DELETE
        rule = f"ask {kind} /src"
        facts = {
            "operations": ((kind, path),),
            "rule": rule,
            "diff": textdiff.unified(*sides),
            "tool": "sandbox_fs_write",
            "sandbox": "default",
            "sides": sides,
            "version": 0 if before is None else 7,
            "grounds": frozenset({(kind, rule)}),
        }
        return Asked("bob", **facts | told)

    return make


@pytest.fixture
def make_question(make_asked):
    """A question with a clock that stands still."""

    def make(*sides, seconds=60, **told):
        return Question(make_asked(*sides, **told), seconds, clock=lambda: 0.0)

    return make


@pytest.fixture
def hostile(make_question):
    """A question in which everything that an agent may choose is hostile."""
    return make_question(
        b"safe\n",
        f"{HOSTILE}\n".encode(),
        path=f"/src/{HOSTILE}",
        tool=HOSTILE,
        sandbox=HOSTILE,
        rule=HOSTILE,
        grounds=frozenset({(Operation.WRITE, HOSTILE)}),
    )


@pytest.fixture
def module_folders():
    return [bundle.STATIC, card.STATIC]


class Page:
    """A page with cards."""

    def __init__(self, page):
        self.page = page
        self.errors = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.set_default_timeout(DEADLINE)
        page.route(f"{ORIGIN}**", self._serve)
        page.goto(ORIGIN)
        page.wait_for_function("window.ready")

    def _serve(self, route):
        if route.request.url == ORIGIN:
            route.fulfill(body=PAGE % card.styles(), content_type="text/html")
        elif route.request.url == f"{ORIGIN}card.js":
            route.fulfill(body=card.script(), content_type="text/javascript")
        else:
            route.fulfill(status=404)

    def ask(self, question, number="n"):
        """Show a card; the kernel's clock is the page's."""
        now = self.page.evaluate("Date.now() / 1000")
        self.page.evaluate("([number, asked]) => window.ask(number, asked)", [number, document(question, now)])
        return self.page.locator(".sfs-approval").last

    def stop_the_clock(self):
        """Let time pass only by `clock.run_for`."""
        self.page.clock.install()
        self.page.clock.pause_at(self.page.evaluate("Date.now()") + 3_600_000)  # it must lie ahead

    @property
    def sent(self):
        return self.page.evaluate("window.sent")

    def button(self, name, at=0):
        return self.page.get_by_role("button", name=name).nth(at)


@pytest.fixture
def open_page(chromium):
    opened = []

    def make(theme="light", **options):
        opened.append(Page(chromium.new_page(**{"viewport": {"width": 900, "height": 500}, **options})))
        opened[-1].page.add_style_tag(content=THEMES[theme])
        return opened[-1]

    yield make
    for each in opened:
        each.page.close()
        assert each.errors == []


@pytest.fixture
def page(open_page):
    return open_page()


@pytest.fixture
def prompt_edit(make_question):
    """The question of the mockup."""
    rule = "ask write /prompts/**"
    return make_question(
        BEFORE,
        AFTER,
        path="/prompts/system.md",
        tool="sandbox_fs_edit",
        rule=rule,
        grounds=frozenset({(Operation.WRITE, rule)}),
        seconds=120,
    )
