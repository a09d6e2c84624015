"""Uploads of the page: pausing, resuming and cancelling, in chunks and over HTTP."""

from urllib.parse import parse_qs, urlsplit

import pytest

pytestmark = pytest.mark.browser

MIB = 1 << 20


@pytest.fixture
def page(open_page, owners):
    return open_page(owners)


def pick(page, name, content):
    page.page.set_input_files("input[type=file]", [{"name": name, "mimeType": "", "buffer": content}])


def button(page, name):
    return page.page.get_by_role("button", name=name, exact=True)


def hold(page, op, count):
    """Let the kernel answer `op` so often, then no more until `page.release()`."""
    page.page.evaluate(
        """([op, count]) => {
          const ask = window.askKernel;
          let seen = 0;
          let release;
          const held = new Promise((resolve) => { release = resolve; });
          window.askKernel = async (content, body) => {
            if (content.op === op && ++seen > count) await held;
            return ask(content, body);
          };
          window.release = release;
        }""",
        [op, count],
    )


def test_an_upload_in_chunks_is_paused_and_goes_on_where_it_was(page, sandbox):
    content = bytes(range(256)) * (3 * MIB // 256)
    page.show()
    hold(page, "upload_append", 2)
    pick(page, "big.bin", content)
    page.page.wait_for_selector(".sfs-number:has-text('66 %')")
    button(page, "Pause big.bin").click()
    page.page.evaluate("window.release()")
    page.page.wait_for_selector(".sfs-transfer[data-state=paused]")
    paused = sandbox.fs.exists("/big.bin")
    button(page, "Resume big.bin").click()

    page.until(lambda: sandbox.fs.exists("/big.bin"))
    assert (paused, sandbox.fs.read_bytes("/big.bin") == content) == (False, True)


def test_an_upload_that_is_cancelled_leaves_nothing(page, sandbox):
    page.show()
    hold(page, "upload_append", 1)
    pick(page, "big.bin", bytes(3 * MIB))
    page.page.wait_for_selector(".sfs-number:has-text('33 %')")
    button(page, "Cancel big.bin").click()
    page.page.evaluate("window.release()")
    page.page.wait_for_selector(".sfs-transfers", state="hidden")
    page.page.wait_for_selector('[data-path="/big.bin"]', state="detached")

    assert sandbox.fs.exists("/big.bin") is False


class Tus:
    """A server of tus that takes a first part, then refuses the connection until it is let."""

    def __init__(self, sandbox, first):
        self.sandbox, self.first, self.body, self.closed, self.calls = sandbox, first, b"", True, []

    def __call__(self, request):
        path = urlsplit(request.url).path
        self.calls.append((request.method, path.removeprefix("/user/me/sandfs/v1/")))
        headers = {"Tus-Resumable": "1.0.0", "Upload-Offset": str(len(self.body)), "X-File-Key": "files/arrived"}
        match request.method:
            case "OPTIONS":
                return {"status": 204, "headers": {"Tus-Max-Size": str(100 * MIB)}}
            case "POST":
                return {"status": 201, "headers": headers | {"Location": "/user/me/sandfs/v1/uploads/u1"}}
            case "PATCH" if self.closed:
                self.body = request.post_data_buffer[: self.first]
                return None
            case "PATCH":
                assert request.headers["upload-offset"] == str(len(self.body))
                self.body += request.post_data_buffer
                self.sandbox.files.put("files/arrived", self.body, metadata={"original_filename": "big.bin"})
                return {"status": 204, "headers": headers}
            case "HEAD":
                return {"status": 200, "headers": headers}
        return {"status": 200, "json": {}}


def test_a_large_upload_over_http_goes_on_after_the_connection_was_lost(page, sandbox):
    content = bytes(range(256)) * (9 * MIB // 256)
    server = Tus(sandbox, first=3 * MIB)
    page.respond = server
    page.show(kernel_id="k1")
    pick(page, "big.bin", content)
    page.page.wait_for_selector(".sfs-transfer[data-state=stopped]:has-text('the server could not be reached')")
    stopped = sandbox.fs.exists("/big.bin")
    server.closed = False
    button(page, "Resume").click()

    page.until(lambda: sandbox.fs.exists("/big.bin"))
    assert (stopped, sandbox.fs.read_bytes("/big.bin") == content) == (False, True)
    page.until(lambda: not sandbox.files.exists("files/arrived"))
    assert [method for method, path in server.calls if path.startswith("uploads")] == [
        "OPTIONS",
        "POST",
        "PATCH",
        "HEAD",
        "PATCH",
    ]


def test_a_large_upload_of_a_view_goes_on_in_chunks_after_the_connection_was_lost(open_page, make_browser, fs):
    content = bytes(range(256)) * (3 * MIB // 256)
    page = open_page(make_browser(kernel_id="k1", view="student"))
    page.respond = lambda request: None if request.method == "PUT" else {"status": 200, "json": {}}
    page.show(kernel_id="k1", view="student")
    hold(page, "upload_append", 2)
    pick(page, "big.bin", content)
    page.page.wait_for_selector(".sfs-transfer[data-state=stopped]:has-text('the server could not be reached')")
    button(page, "Resume").click()
    page.page.wait_for_selector(".sfs-number:has-text('66 %')")
    button(page, "Pause big.bin").click()
    page.page.evaluate("window.release()")
    page.page.wait_for_selector(".sfs-transfer[data-state=paused]")
    button(page, "Resume big.bin").click()

    page.until(lambda: fs.exists("/big.bin"))
    assert fs.read_bytes("/big.bin") == content
    assert [request.method for request in page.requests if request.method == "PUT"] == ["PUT"]


def test_what_the_server_refuses_is_told_once(page, sandbox):
    page.respond = lambda request: (
        {"status": 507, "json": {"detail": "Not enough room: 12 MB over 256 MB"}}
        if request.method == "PUT"
        else {"status": 200, "json": {}}
    )
    page.show(kernel_id="k1")
    pick(page, "small.bin", b"x" * 100)

    page.page.wait_for_selector(".sfs-notice[data-tone=error]:has-text('Not enough room: 12 MB over 256 MB')")
    page.page.wait_for_selector(".sfs-transfer", state="detached")
    assert page.page.locator(".sfs-notice[data-tone=error]").count() == 1


def test_downloads_go_to_the_server_where_it_answers(page):
    page.page.evaluate(
        # In braces: an expression whose value is a function would be called at once.
        "() => { HTMLAnchorElement.prototype.click = function () { window.followed = [this.href, this.download] } }"
    )
    page.show(kernel_id="k1")
    page.page.click('[data-path="/data"]')
    page.page.focus("[role=tree]")
    page.page.keyboard.press("Alt+d")
    page.page.wait_for_function("window.followed")

    address, name = page.page.evaluate("window.followed")
    assert urlsplit(address).path == "/user/me/sandfs/v1/fs/archive"
    assert parse_qs(urlsplit(address).query) == {
        "path": ["/data"],
        "session_id": ["k1"],
        "sandbox": ["default"],
        "format": ["zip"],
    }
    assert name == "data.zip"
