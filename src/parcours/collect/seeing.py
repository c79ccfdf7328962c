"""What is kept of who sent something: the program in words, the country and region, and the address, cut."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import Any

import maxminddb
import ua_parser

REMEMBERED = 20_000  # addresses and programs that were looked up, kept in memory only
LONGEST = 500  # characters of a program's name
_ROBOT = re.compile(r"bot\b|crawl|spider|slurp|headless|lighthouse|preview|monitor|scan", re.IGNORECASE)
_TABLET = re.compile(r"ipad|tablet", re.IGNORECASE)
_MOBILE = re.compile(r"mobi|iphone|android", re.IGNORECASE)


class Eyes:
    """Looks up programs in what we ship, and addresses in the retailer's own database of MaxMind's format, if any."""

    def __init__(self, places: str | None = None) -> None:
        self._places = maxminddb.open_database(places) if places is not None else None
        self.seen = lru_cache(REMEMBERED)(self._seen)

    def close(self) -> None:
        """Closes the database of addresses."""
        if self._places is not None:
            self._places.close()

    def _seen(self, address: str | None, program: str | None) -> str:
        """What is kept, as JSON."""
        return json.dumps({"address": cut(address), **self._place(address), **_program(program)})

    def _place(self, address: str | None) -> dict[str, Any]:
        found: Any = None
        with suppress(ValueError, maxminddb.InvalidDatabaseError):  # no address, or of another kind than are known
            found = self._places.get(str(address)) if self._places is not None else None
        if not isinstance(found, dict):
            return {}
        regions = found.get("subdivisions") or [None]
        return {"country": _code(found.get("country")), "region": _code(regions[0])}


def _code(place: Any) -> str | None:
    return place.get("iso_code") if isinstance(place, dict) else place


@lru_cache(REMEMBERED)
def _program(name: str | None) -> dict[str, Any]:
    """The browser, the system, the kind of device, and whether it says that it is a robot."""
    if not name:
        return {"program": None}
    name = name[:LONGEST]
    found = ua_parser.parse(name)
    spider = found.device is not None and found.device.family == "Spider" and name.startswith("Mozilla")
    robot = spider or bool(_ROBOT.search(name))  # a server's own program is not a browser, and no robot either
    kind = "tablet" if _TABLET.search(name) else "mobile" if _MOBILE.search(name) else "desktop"
    return {"program": name, "browser": found.user_agent.family if found.user_agent else None,
            "system": found.os.family if found.os else None, "device": kind if found.os else None,
            "robot": robot}  # fmt: skip


def cut(address: str | None) -> str | None:
    """An address without what tells one house from another: three numbers of IPv4, 48 bits of IPv6."""
    if not address:
        return None
    try:
        bits = 24 if ip_address(address).version == 4 else 48
        return str(ip_network(f"{address}/{bits}", strict=False).network_address)
    except ValueError:
        return None
