from IPython.display import HTML

from jupyter_sandfs.kernel.browser import display, display_browser
from jupyter_sandfs.kernel.browser.display import static_html


def test_a_static_listing_goes_before_the_live_browser(browser, monkeypatch):
    shown = []
    monkeypatch.setattr(display, "display", shown.append)

    display_browser(browser)

    assert [type(each) for each in shown] == [HTML, type(browser)]
    assert shown[0].data == static_html(browser)


def test_names_are_text_in_the_static_listing(make_browser, fs):
    fs.write_file("/<script>alert(1)", "")

    html = static_html(make_browser(name="a<b"))

    assert html.startswith('<details class="sandfs-static" open><summary>Files of sandbox a&lt;b,')
    assert "&lt;script&gt;alert(1)" in html
    assert "<script" not in html


def test_the_static_listing_is_bounded(browser, fs):
    for number in range(300):
        fs.write_file(f"/many/f{number:03}", "")

    assert len(static_html(browser).splitlines()) < 210
