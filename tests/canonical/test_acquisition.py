"""The channel of a visit over tables is the channel of one visit by itself, whatever its first page says."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

import pytest

from parcours.engine import Draft
from parcours.project.acquisition import usual_acquisition
from parcours.rules.acquisition import COLUMNS, Acquisition, AcquisitionRule

from .landed import build, land, project, rows

AT = datetime(2026, 1, 5, 10)
OWN = Acquisition(own=("pay.example",), clicks={"awc": "awin"}, sites={"search": ("tea-finder",)},
                  rules=(AcquisitionRule(channel="leaflet", medium=("qr*", "")),))  # fmt: skip
_PARTS = [
    "google",
    "Google",
    "www.",
    "facebook",
    ".com",
    "bing",
    "t.co",
    "pay.example",
    "shop.example",
    "cpc",
    "CPM",
    "email",
    "(none)",
    "|",
    ".",
    "*",
    "\n",
    "\\",
    "'",
    "É",
    "İ",
    "K",
    " ",
    "https://",
    "HTTP://",
    "android-app://",
    "u@",
    ":443",
    "/",
    "?",
    "&",
    "#",
    "gclid=1",
    "awc=",
    "shop",
    "-shopping",
    "qr",
    "direct",
    "tea-finder",
]
_HOSTS = [
    "https://www.google.fr/",
    "https://m.facebook.com/x",
    "https://pay.example/ok",
    "https://shop.example/a",
    "https://www.shop.example/?gclid=3",
    "https://blog.example/?awc=2",
    "android-app://com.google.android.gm/",
]


def told(chance: random.Random) -> str | None:
    kind = chance.random()
    if kind < 0.4:
        return None
    if kind < 0.7:
        return chance.choice(_HOSTS)
    return "".join(chance.choice(_PARTS) for _ in range(chance.randint(0, 5)))


def event(row: int, at: datetime, cookie: int, **page: str | None) -> dict[str, Any]:
    return {"events__row_id": row, "events__record_id": cookie, "events__name": "page", "events__event_time": at,
            "events__id__cookie": f"c{cookie}",
            **{f"events__{name}": page.get(name) for name in COLUMNS}}  # fmt: skip


@pytest.mark.parametrize("ways", [usual_acquisition(), OWN.before(usual_acquisition()), Acquisition()])
def test_over_a_table_and_for_one_visit_it_is_the_same(draft: Draft, ways: Acquisition) -> None:
    chance = random.Random(7)
    pages = [{name: told(chance) for name in COLUMNS} for _ in range(3_000)]
    land(draft, "web", "2026-01/a", [event(at, AT, at, **page) for at, page in enumerate(pages)])
    shop = project(web=["events"])
    shop.acquisition = ways
    build(draft, shop)
    found = rows(draft, "SELECT acquisition FROM events ORDER BY row_id", "events")
    wanted = [ways.of(page) for page in pages]
    assert [row["acquisition"] for row in found] == wanted
    assert len(set(wanted)) >= (3 if ways.rules else 2)


def test_a_visit_has_the_channel_of_its_first_page(draft: Draft) -> None:
    """A message without a page comes before; half an hour later it is another visit."""
    google, mail = "https://www.google.fr/", "https://shop.example/?x"
    land(draft, "web", "2026-01/a", [
        event(1, AT, 1),
        event(2, AT + timedelta(minutes=1), 1, page_url=mail, referrer=google),
        event(3, AT + timedelta(minutes=2), 1, page_url=mail, utm_medium="email"),
        event(4, AT + timedelta(minutes=33), 1, page_url=mail, utm_medium="email"),
        event(5, AT, 2),
    ])  # fmt: skip
    build(draft, project(web=["events"]))
    found = rows(draft, "SELECT acquisition FROM events ORDER BY row_id", "events")
    assert [row["acquisition"] for row in found] == ["organic_search"] * 3 + ["email", None]
