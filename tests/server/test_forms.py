from __future__ import annotations

import pytest

from jupyter_sandfs.errors import InvalidRequest
from jupyter_sandfs.server.forms import UploadForm

CONTENT_TYPE = 'multipart/form-data; boundary="b"'
BODY = (
    b'--b\r\nContent-Disposition: form-data; name="key"\r\n\r\na/\xc3\xbc\r\n'
    b'--b\r\nContent-Disposition: form-data; name="file"; filename="x;y.bin"\r\n'
    b"Content-Type: image/png\r\n\r\n\r\n--not the end\r\n\0\r\n--b--\r\n"
)


@pytest.mark.parametrize("step", [1, 2, 7, 1000])
def test_a_form_is_read_whatever_the_pieces(step):
    form = UploadForm(CONTENT_TYPE)
    content = b"".join(chunk for start in range(0, len(BODY), step) for chunk in form.feed(BODY[start : start + step]))

    assert content == b"\r\n--not the end\r\n\0"
    assert (form.fields, form.file_name, form.content_type, form.complete) == (
        {"key": "a/ü"},
        "x;y.bin",
        "image/png",
        True,
    )


@pytest.mark.parametrize(
    "content_type",
    ["", "text/plain", "multipart/form-data", "multipart/form-data; boundary=", "multipart/mixed; boundary=b",
     f"multipart/form-data; boundary={'b' * 71}"],
)  # fmt: skip
def test_what_is_no_form_is_refused(content_type):
    with pytest.raises(InvalidRequest):
        UploadForm(content_type)


@pytest.mark.parametrize("body", [b"no boundary", b"--b\r\nbad header\r\n\r\n", b"--b\r\nX: y\r\n\r\nz"])
def test_a_broken_form_is_refused(body):
    with pytest.raises(InvalidRequest):
        UploadForm(CONTENT_TYPE).feed(body)
