"""The script of a page: it is ours, small, and served so that browsers keep it."""

from __future__ import annotations

import gzip
from importlib.resources import files

from parcours.testing.served import Served

LARGEST = 5 * 1024  # bytes as it is sent


def test_the_script_is_sent_in_less_than_five_kilobytes() -> None:
    text = (files("parcours.server") / "static" / "parcours.js").read_bytes()
    assert len(gzip.compress(text, 6)) < LARGEST


def test_a_browser_gets_the_script_and_asks_for_it_again_only_when_it_changed(shop: Served) -> None:
    answer = shop.ask("GET", "/parcours.js")
    assert answer.status == 200 and answer.headers["content-type"].startswith("text/javascript")
    assert answer.body == (files("parcours.server") / "static" / "parcours.js").read_bytes()
    assert "max-age=3600" in answer.headers["cache-control"] and answer.headers["x-content-type-options"] == "nosniff"
    again = shop.ask("GET", "/parcours.js", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status, again.body) == (304, b"")


def test_the_script_loads_nothing_from_elsewhere_and_runs_no_text_as_code() -> None:
    text = (files("parcours.server") / "static" / "parcours.js").read_text(encoding="utf-8")
    for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "http://"):
        assert word not in text, word
