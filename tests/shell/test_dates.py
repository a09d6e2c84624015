from __future__ import annotations

import subprocess
from datetime import UTC, datetime

import pytest

from jupyter_sandfs.errors import InvalidRequest
from jupyter_sandfs.shell.dates import parse

NOW = datetime(2026, 3, 31, 15, 4, 5, tzinfo=UTC)  # a Tuesday at the end of a month


@pytest.mark.parametrize(
    "text",
    [
        "2020-01-02",
        "2020-01-02 03:04",
        "2020-01-02T03:04:05",
        "2020-01-02T03:04:05Z",
        "2020-01-02 03:04:05 +0200",
        "2020-01-02T03:04:05-05:30",
        "2020/1/2",
        "20200102",
        "20200102 10:00",
        "Jan 5 2020",
        "January 5, 2020 10:30",
        "5 Jan 2020",
        "5-Feb-2020 1:02:03 PM",
        "Fri Feb 28 10:00:00 UTC 2020",
        "Mon May  6 00:00:00 UTC 2024",
        "@86400",
        "10:30",
        "now",
        "today",
        "yesterday",
        "tomorrow 10:00",
        "2 days ago",
        "1 hour ago",
        "3 weeks",
        "5 minutes ago",
        "5 min",
        "day",
        "next week",
        "last month",
        "1 month",
        "next year",
        "friday",
        "next friday",
        "last monday",
        "tuesday",
        "2020-01-01 +1 day",
        "2020-01-31 + 1 month",
    ],
)
def test_a_date_is_read_as_gnu_reads_it(part, text):
    given = [part("bash"), "-c", 'LC_ALL=C TZ=UTC exec date -d "$1" +%s.%N', "_", text]
    # The real tool has no clock to set: what is relative is told with the date before it.
    fixed = NOW.strftime("%Y-%m-%d %H:%M:%S ")
    relative = not any(mark in text for mark in ("20", "@")) and text not in {"10:30", "today"}
    given[-1] = fixed + text if relative else text
    real = subprocess.run(given, capture_output=True, text=True, check=False)

    ours = parse(text, NOW)

    expected = {
        "10:30": datetime(2026, 3, 31, 10, 30, tzinfo=UTC),
        "today": NOW,
        "tomorrow 10:00": datetime(2026, 4, 1, 10, tzinfo=UTC),
        "friday": datetime(2026, 4, 3, tzinfo=UTC),
        "next friday": datetime(2026, 4, 3, tzinfo=UTC),
        "last monday": datetime(2026, 3, 30, tzinfo=UTC),
        "tuesday": datetime(2026, 3, 31, tzinfo=UTC),
    }.get(text)
    assert ours == (expected or datetime.fromtimestamp(float(real.stdout), UTC)), real.stderr


@pytest.mark.parametrize(
    "text", ["", "x", "tomorrowish", "2020-13-01", "2020-02-30", "25:00", "@", "@1e400", "99999999 days"]
)
def test_what_is_no_date_is_refused(text):
    if text == "":
        assert parse(text, NOW) == NOW  # GNU: the start of today; here it is now, which touch does not tell from it
        return
    with pytest.raises(InvalidRequest, match="invalid date format"):
        parse(text, NOW)
