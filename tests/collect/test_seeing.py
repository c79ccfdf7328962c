"""What is kept of senders: program and place in words; addresses lead to no house."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from parcours.collect.pace import Pace
from parcours.collect.seeing import Eyes

from .networks import write

PHONE = ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
         "Version/17.5 Mobile/15E148 Safari/604.1")  # fmt: skip
PC = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"
PAD = "Mozilla/5.0 (iPad; CPU OS 16_1 like Mac OS X) AppleWebKit/605.1.15 Version/16.1 Mobile/15E148 Safari/604.1"
CRAWLER = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


def seen(address: str | None = None, program: str | None = None, eyes: Eyes | None = None) -> dict[str, Any]:
    return json.loads((eyes or Eyes()).seen(address, program))


@pytest.mark.parametrize(
    ("program", "browser", "system", "device"),
    [
        (PHONE, "Mobile Safari", "iOS", "mobile"),
        (PC, "Chrome", "Windows", "desktop"),
        (PAD, "Mobile Safari", "iOS", "tablet"),
    ],
)
def test_a_program_is_told_in_words(program: str, browser: str, system: str, device: str) -> None:
    found = seen(program=program)
    assert (found["browser"], found["system"], found["device"], found["robot"]) == (browser, system, device, False)


@pytest.mark.parametrize("program", [CRAWLER, PC.replace("Chrome", "HeadlessChrome"), "Pingdom monitoring bot"])
def test_a_robot_that_says_so_is_known_as_one(program: str) -> None:
    assert seen(program=program)["robot"] is True


@pytest.mark.parametrize(
    "program",
    ["", "analytics-python/2.4.0", "Python-urllib/3.11", "\x00 <script> %s", "x" * 10_000, "'; DROP TABLE"],
)
def test_any_text_is_a_program(program: str) -> None:
    found = seen(program=program)
    assert not found.get("robot") and found.get("device") is None
    assert len(found["program"] or "") <= 500


@pytest.mark.parametrize(
    ("address", "kept"),
    [("203.0.113.77", "203.0.113.0"), ("2001:db8:1234:5678::9", "2001:db8:1234::"), ("nowhere", None), (None, None),
     ("10.0.0.1, 10.0.0.2", None)],
)  # fmt: skip
def test_an_address_is_kept_without_its_house(address: str | None, kept: str | None) -> None:
    assert seen(address)["address"] == kept


def test_the_country_and_the_region_come_from_the_retailer_s_database(tmp_path: Path) -> None:
    paris = {"country": {"iso_code": "FR"}, "subdivisions": [{"iso_code": "IDF"}]}
    eyes = Eyes(str(write(tmp_path / "places.mmdb", {"203.0.113.0/25": paris})))
    found = seen("203.0.113.77", eyes=eyes)
    assert (found["country"], found["region"], found["address"]) == ("FR", "IDF", "203.0.113.0")
    assert "country" not in seen("203.0.113.200", eyes=eyes), "another half of the network"
    assert "country" not in seen("2001:db8::1", eyes=eyes) and "country" not in seen("nowhere", eyes=eyes)
    eyes.close()


def test_a_key_may_send_a_burst_and_then_evenly() -> None:
    """Ten a second, thirty at once."""
    pace = Pace(10, 30)
    assert [pace.wait("a", 10, now=0.0) for _ in range(4)] == [0, 0, 0, 1]
    assert pace.wait("b", 30, now=0.0) == 0, "another key has a bucket of its own"
    assert pace.wait("a", 25, now=1.0) == 2, "ten are there, fifteen are missing"
    assert pace.wait("a", 25, now=2.5) == 0
    assert pace.wait("a", 1, now=2.5) == 1
    assert pace.wait("a", 500, now=100.0) == 0, "a batch larger than the bucket passes when it is full"
    assert pace.wait("a", 1, now=101.0) == 47, "and owes the rest"
