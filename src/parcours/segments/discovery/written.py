"""The rules of discovered segments as a file of the project, so that they become segments like any other."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping
from typing import Any

from ruamel.yaml import YAML

HEAD = """\
# Segments found in the data on {day} and told as rules. The file may be changed: from then on it is yours.
"""


def as_yaml(rows: Iterable[Mapping[str, Any]]) -> str:
    """A file of segments (`segments/discovered.yaml`) from the rows of `discovered_segments`."""
    found = list(rows)
    define = {row["segment"]: _segment(row) for row in found if row["rule"] != '{"any": []}'}
    writer = YAML()
    writer.width = 110
    writer.default_flow_style = False
    text = io.StringIO()
    writer.dump({"segments": "discovered", "define": define}, text)
    return HEAD.format(day=max(str(row["at"]) for row in found)) + text.getvalue()


def _segment(row: Mapping[str, Any]) -> dict[str, Any]:
    title = json.loads(row["title"]) if row["title"] else None
    named = {"title": title.get("", title)} if title else {}
    return {**named, "group": "discovered", "who": json.loads(row["rule"])}
