"""Slots: read from files, and every fault told at once with its line."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from parcours import flow
from parcours.decisions.candidates.variants import Variants
from parcours.decisions.choices.in_order import InOrder
from parcours.decisions.filters.at_most import AtMost
from parcours.decisions.filters.in_stock import InStock
from parcours.model.value import Duration, Share
from parcours.project import Project, ProjectFaults, load

TOML = '[project]\ncurrency = "EUR"\n'
HERO = """\
slot: hero
title: {en: Hero of the home page, fr: Bandeau de l'accueil}
variants:
  winter: {content: {image: /winter.jpg, text: {en: Warm, fr: Chaud}}, who: {spend_365d: {at_least: 100 EUR}}}
  rain: {content: {image: /rain.jpg}, who: {weather: [rain, storm]}, from: 2026-03-01, until: 2026-05-31}
  usual: {content: {image: /usual.jpg}}
rules:
  - {when: {traffic_source: newsletter}, first: [winter]}
  - {when: {here_country: {in: [GB, IE]}}, never: [rain]}
filters: [in_stock, {kind: at_most, times: 3, within: 1 day}]
success: {by: order, within: 7 days}
fallback: usual
holdout: 10 %
"""


def project(folder: Path, **files: str) -> Project:
    (folder / "slots").mkdir()
    (folder / "parcours.toml").write_text(TOML)
    for name, text in files.items():
        (folder / "slots" / f"{name}.yaml").write_text(text)
    return load(folder, flow.kinds())


def faults(folder: Path, **files: str) -> list[str]:
    with pytest.raises(ProjectFaults) as wrong:
        project(folder, **files)
    return [str(fault) for fault in wrong.value.faults]


def test_a_slot_is_read_with_its_variants_rules_filters_and_fallback(tmp_path: Path) -> None:
    slot = project(tmp_path, hero=HERO).slots["hero"]
    assert list(slot.variants) == ["winter", "rain", "usual"]
    assert slot.variants["winter"].content == {"image": "/winter.jpg", "text": {"en": "Warm", "fr": "Chaud"}}
    assert slot.variants["rain"].until == date(2026, 5, 31)
    assert [rule.first for rule in slot.rules] == [("winter",), ()]
    assert slot.candidates == (Variants(),) and slot.choose == InOrder()
    assert slot.filters == (InStock(), AtMost(times=3, within=Duration.parse("1 day")))
    assert (slot.success.by, slot.success.within.days) == ("order", 7)
    assert slot.standing == ("usual",) and slot.holdout == Share(0.1) and slot.show == 1


def test_another_text_is_another_version_and_a_comment_is_not(tmp_path: Path) -> None:
    made = []
    for name, text in (("a", HERO), ("b", "# ours\n" + HERO), ("c", HERO.replace("10 %", "20 %"))):
        (tmp_path / name).mkdir()
        made.append(project(tmp_path / name, hero=text).slots["hero"].version)
    assert made[0] == made[1] != made[2]


def test_a_slot_without_variants_shows_articles_of_a_score(tmp_path: Path) -> None:
    text = "slot: strip\nshow: 4\ncandidates: recommended\nfilters: [in_stock, {kind: not_bought, within: 14 days}]\n"
    slot = project(tmp_path, strip=text).slots["strip"]
    assert [type(each).__kind__.name for each in slot.candidates] == ["recommended"]
    assert slot.standing == ()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("slot: a\n", "nothing may stand in it"),
        ("slot: a\nvariants: {x: {content: {}}}\nshow: 0\n", "'show' must be between 1 and 50"),
        ("slot: a\nvariants: {x: {content: {}}}\nfallback: [y]\n", "no variant 'y'"),
        ("slot: a\nvariants: {x: {content: {}}}\nholdout: 70 %\n", "'holdout' must be between 0 and 50 %"),
        ("slot: a\nvariants: {x: {content: {}}}\npurpose: profilng\n", "Did you mean 'profiling'?"),
        ("slot: a\nvariants: {x: {who: {weather: sleet}}}\n", "no weather 'sleet'"),
        ("slot: a\nvariants: {x: {who: {wether: rain}}}\n", "Did you mean 'weather'?"),
        ("slot: a\nvariants: {x: {who: {did: {event: product_viewed}}}}\n", "a slot cannot ask what people did"),
        ("slot: a\nvariants: {x: {}}\nrules: [{when: {weather: rain}}]\n", "this rule does nothing"),
        ("slot: a\nvariants: {x: {}}\nrules: [{first: [z]}]\n", "no variant 'z'"),
        ("slot: a\ncandidates: recomended\n", "Did you mean 'recommended'?"),
        ("slot: a\ncandidates: {kind: recommended, score: nothing}\n", "no score 'nothing'"),
        ("slot: a\ncandidates: {kind: coupons, allotment: april}\n", "no allotment 'april'"),
        ("slot: a\nvariants: {x: {}}\nfilters: [in_stok]\n", "Did you mean 'in_stock'?"),
        ("slot: a\nvariants: {x: {}}\nguard: {by: margin}\n", "'guard' compares with 'fallback'"),
        ("slot: a\nvariants: {x: {from: 2026-05-01, until: 2026-04-01}}\n", "before it starts"),
        ("slot: a\nvariants: []\n", "'variants' must name variants"),
    ],
)
def test_what_cannot_be_is_told_with_what_to_do(tmp_path: Path, text: str, told: str) -> None:
    found = faults(tmp_path, a=text)
    assert any(told in fault and "slots/a.yaml:" in fault for fault in found), found


def test_an_attribute_that_is_called_like_something_of_the_moment_is_told_where_a_slot_uses_it(tmp_path: Path) -> None:
    (tmp_path / "attributes").mkdir()
    (tmp_path / "attributes" / "own.yaml").write_text(
        "attributes: own\ndefine: {device: {kind: last, of: events.channel}}\n"
    )
    found = faults(tmp_path, a="slot: a\nvariants: {x: {who: {device: mobile}}}\n")
    assert any("'device' is an attribute, and known of the moment too" in fault for fault in found), found
