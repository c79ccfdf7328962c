"""acquisition.yaml: a retailer's own sites and rules come before ours, and every fault is told with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from parcours import flow
from parcours.project import Project, ProjectFaults, load
from parcours.project.acquisition import usual_acquisition

GOOD = """\
acquisition: shop
own: [pay.example]
clicks: {awc: awin}
sites:
  comparison: [tea-finder]
rules:
  - {channel: comparison, sites: [comparison]}
  - {channel: leaflet, medium: ["qr*"]}
"""


def loaded(folder: Path, text: str) -> Project:
    (folder / "parcours.toml").write_text('[project]\nname = "shop"\n')
    (folder / "acquisition.yaml").write_text(text)
    return load(folder, flow.kinds())


def test_a_retailer_s_own_come_first_and_ours_hold_too(tmp_path: Path) -> None:
    ways = loaded(tmp_path, GOOD).acquisition
    assert [rule.channel for rule in ways.rules[:3]] == ["comparison", "leaflet", "direct"]
    assert ways.of({"page_url": "https://shop.example/", "referrer": "https://tea-finder.example/"}) == "comparison"
    assert ways.of({"page_url": "https://shop.example/", "referrer": "https://bing.com/"}) == "organic_search"


def test_a_project_that_says_nothing_has_what_we_ship(tmp_path: Path) -> None:
    (tmp_path / "parcours.toml").write_text('[project]\nname = "shop"\n')
    assert load(tmp_path, flow.kinds()).acquisition == usual_acquisition()


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ("sites: [comparison]}", "sites: [serach]}", "7: no kind of sites 'serach'. Did you mean 'search'?"),
        ('medium: ["qr*"]', "meduim: [qr]", "8: no setting 'meduim'. Did you mean 'medium'?"),
        ('medium: ["qr*"]', 'medium: ["q[r"]', "8: 'q[r' cannot be looked for"),
        ('medium: ["qr*"]', "", "8: a rule says what must hold"),
        ("channel: leaflet", "channel: Le aflet", "8: "),
        ("awc: awin", "a-w: awin", "'a-w' is no name of a parameter"),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_its_line(tmp_path: Path, before: str, after: str, fault: str) -> None:
    assert before in GOOD
    with pytest.raises(ProjectFaults) as found:
        loaded(tmp_path, GOOD.replace(before, after))
    assert any(fault in str(each) for each in found.value.faults), [str(each) for each in found.value.faults]
