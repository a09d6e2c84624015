"""A browser over a small real file system, what it sends to the page, and the page itself in a real browser."""

import base64
import time
from urllib.parse import urlsplit

import pytest

from jupyter_sandfs.kernel.browser import TreeBrowser, bundle
from jupyter_sandfs.rpc.dispatcher import Dispatcher
from jupyter_sandfs.sandbox import Sandbox
from jupyter_sandfs.vfs.filesystem import VirtualFileSystem
from jupyter_sandfs.vfs.policy import NodePolicy
from jupyter_sandfs.vfs.views.visibility import VisibilityView

ORIGIN = "http://jupyter.test"
DEADLINE = 30.0  # seconds, for what takes a moment

PAGE = """<!doctype html><meta charset="utf-8"><title>page</title>
<script id="jupyter-config-data" type="application/json">{"baseUrl": "/user/me/"}</script>
<style>%s</style><main></main>
<script type="module">
import widget from "/widget.js";
class Model {
  handlers = {};
  saved = {};
  constructor(state) { this.state = state; }
  get(name) { return this.state[name]; }
  set(name, value) { this.state[name] = value; }
  save_changes() { this.saved = { ...this.state }; }
  on(name, handler) { (this.handlers[name] ??= new Set()).add(handler); }
  off(name, handler) { this.handlers[name]?.delete(handler); }
  emit(name, ...values) { for (const handler of [...(this.handlers[name] ?? [])]) handler(...values); }
  async send(content, _callbacks, buffers) {
    const letters = Array.from(new Uint8Array(buffers?.[0] ?? []), (byte) => String.fromCharCode(byte));
    const [header, body] = await window.askKernel(content, btoa(letters.join("")));
    const bytes = Uint8Array.from(atob(body), (letter) => letter.charCodeAt(0));
    this.emit("msg:custom", header, [new DataView(bytes.buffer)]);
  }
}
window.views = [];
window.show = (state) => {
  const defaults = { name: "default", view: null, kernel_id: "", path: "/", selected: "", expanded: [] };
  const model = new Model({ ...defaults, ...state });
  const el = document.querySelector("main").appendChild(document.createElement("div"));
  window.views.push({ model, el, cleanup: widget.render({ model, el }) });
};
window.ready = true;
</script>"""


@pytest.fixture
def fs():
    system = VirtualFileSystem()
    system.write_file("/data/rain.csv", "day,mm\n1,0.5\n2,3.0\n")
    system.write_file("/notes.md", "# Notes\n")
    return system


@pytest.fixture
def asked():
    """The (sandbox, view) pairs that the dispatcher was asked to resolve."""
    return []


@pytest.fixture
def sandbox():
    """A sandbox with a store in memory, files, policies and two views; the owner's."""
    made = Sandbox("shown", store_url="memory:")
    made.fs.write_file("/data/rain.csv", "day,mm\n1,0.5\n2,3.0\n")
    made.fs.write_file("/notes.md", "# Notes\n")
    made.fs.write_file("/tests/test_rain.py", "assert True\n")
    made.fs.write_file("/tests/answers.json", "{}")
    made.fs.set_policy("/tests", NodePolicy(writable=False))
    made.fs.set_policy("/tests/answers.json", NodePolicy(visibility="private", principals=frozenset({"teacher"})))
    made.view(VisibilityView({"public"}), name="student")
    made.view(VisibilityView(principals={"teacher"}), name="teacher")
    yield made
    if made.name in Sandbox.names():
        made.close()


@pytest.fixture
def owners(sandbox, sent):
    """The owner's browser of the sandbox."""
    dispatcher = Dispatcher(lambda name, view: Sandbox.get(name).seen_by(view), Sandbox.names)
    browser = TreeBrowser(sandbox.fs, name=sandbox.name, dispatcher=dispatcher, kernel_id="", sandbox=sandbox)
    yield browser
    browser.close()


@pytest.fixture
def dispatcher(fs, asked):
    def resolve(sandbox, view):
        asked.append((sandbox, view))
        return fs

    return Dispatcher(resolve, lambda: ["default"])


@pytest.fixture
def sent(monkeypatch):
    """Messages to the page, as (content, buffers)."""
    messages = []
    monkeypatch.setattr(
        TreeBrowser,
        "send",
        lambda _, content, buffers=None: messages.append((content, [bytes(each) for each in buffers or []])),
    )
    return messages


@pytest.fixture
def make_browser(fs, dispatcher, sent):
    made = []

    def make(**options):
        made.append(TreeBrowser(options.pop("fs", fs), dispatcher=dispatcher, **options))
        return made[-1]

    yield make
    for browser in made:
        browser.close()


@pytest.fixture
def browser(make_browser):
    return make_browser(kernel_id="k1")


class Page:
    """A page with one or more views of a widget."""

    def __init__(self, page, browser):
        self.page = page
        self.errors = []
        self.requests = []
        self.respond = lambda _request: {"json": {}, "status": 200}
        self.browser = browser
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.expose_function("askKernel", self._answer)
        page.route(f"{ORIGIN}/**", self._serve)
        page.goto(f"{ORIGIN}/")
        page.wait_for_function("window.ready")

    def show(self, *, wait="[role=treeitem]", **state):
        self.page.evaluate("(state) => window.show(state)", {"owner": self.browser.owner, **state})
        self.page.wait_for_selector(wait)

    def changed(self, paths):
        self.page.evaluate(
            "(paths) => views.forEach((v) => v.model.emit('msg:custom', {event: 'changed', paths}, []))", paths
        )

    def names(self):
        return self.page.eval_on_selector_all(
            "[role=treeitem] .sfs-label", "(nodes) => nodes.map((n) => n.textContent)"
        )

    def selected(self):
        return self.page.get_attribute('[role=treeitem][aria-selected="true"]', "data-path")

    def until(self, condition):
        end = time.monotonic() + DEADLINE
        while not condition():
            assert time.monotonic() < end, "the page did not get there"
            self.page.wait_for_timeout(20)  # lets the page call back into Python

    def _answer(self, content, body):
        reply = self.browser._ask(content, base64.b64decode(body))
        return [{"id": content["id"], **reply.header()}, base64.b64encode(bytes(reply.body)).decode()]

    def _serve(self, route):
        path = urlsplit(route.request.url).path
        if path == "/":
            route.fulfill(
                body=PAGE % bundle.styles(), content_type="text/html", headers={"Set-Cookie": "_xsrf=t0ken; Path=/"}
            )
        elif path == "/widget.js":
            route.fulfill(body=bundle.script(), content_type="text/javascript")
        else:
            self.requests.append(route.request)
            answer = self.respond(route.request)
            if answer is None:  # the connection breaks
                route.abort("connectionreset")
            else:
                route.fulfill(**answer)


@pytest.fixture
def open_page(chromium):
    """Open a page over a browser; `viewport` is its size."""
    opened = []

    def make(browser, **options):
        page = chromium.new_page(**{"viewport": {"width": 1000, "height": 500}, **options})
        page.set_default_timeout(DEADLINE * 1000)
        opened.append(Page(page, browser))
        return opened[-1]

    yield make
    for each in opened:
        each.page.close()
        assert each.errors == []


@pytest.fixture
def page(open_page, make_browser):
    return open_page(make_browser(kernel_id=""))
