"""What stands in a slot: candidates, the merchants' rules, filters, the choice, those held back, the fallback."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parcours.decisions.deciding.decide import Decided, decide, fallback, held_back
from parcours.decisions.deciding.known import Due, Person, Shop, Shown
from parcours.decisions.learned import Learned, learned
from parcours.project.slot import Slot
from tests.decisions.shop import NOW, SHOP, person, slot

HERO = """\
slot: hero
holdout: 0 %
variants:
  gold: {content: {text: {en: Gold, fr: Or}}, who: {in_segment: vips}}
  rain: {content: {image: /rain.jpg}, who: {weather: [rain, storm]}}
  spring: {content: {image: /spring.jpg}, from: 2026-03-20, until: 2026-05-31}
  usual: {content: {image: /usual.jpg}}
rules:
  - {when: {traffic_source: newsletter}, first: [usual]}
  - {when: {here_country: GB}, never: [rain]}
fallback: [usual]
"""


def keys(decided: Decided) -> list[str]:
    return [one.candidate.key for one in decided.picked]


def removed(decided: Decided) -> dict[str, str | None]:
    assert decided.considered is not None
    return {one.key: why for one, why in zip(decided.considered.candidates, decided.considered.removed)}


def test_the_first_variant_whose_rule_holds_is_shown_and_why_not_the_others_is_kept() -> None:
    decided = decide(person(here={"weather": "rain"}), slot(HERO), SHOP)
    assert keys(decided) == ["rain"] and decided.how == "chosen"
    assert removed(decided) == {"gold": "not_for_them", "rain": None, "spring": "not_yet", "usual": None}
    assert decided.picked[0].propensity == 1.0
    assert keys(decide(person(segments=["vips"], here={"weather": "rain"}), slot(HERO), SHOP)) == ["gold"]
    assert keys(decide(person(at=date(2026, 4, 1)), slot(HERO), SHOP)) == ["spring"]
    assert removed(decide(person(at=date(2026, 6, 1)), slot(HERO), SHOP))["spring"] == "over"


def test_what_is_not_known_of_the_moment_is_no_match() -> None:
    assert keys(decide(person(), slot(HERO), SHOP)) == ["usual"]


def test_merchants_rules_bind_what_comes_first_and_what_never_comes() -> None:
    ruled = decide(person(here={"weather": "rain", "traffic_source": "newsletter"}), slot(HERO), SHOP)
    assert keys(ruled) == ["usual"] and ruled.picked[0].by_rule
    assert ruled.considered is not None and ruled.considered.held == (0,)
    never = decide(person(here={"weather": "rain", "here_country": "GB"}), slot(HERO), SHOP)
    assert keys(never) == ["usual"] and removed(never)["rain"] == "by_rule"


def test_who_objected_is_shown_what_needs_nothing_known_of_them() -> None:
    objected = person(segments=["vips"], profile={"spend_365d": 90_000}, may_use=False, here={"weather": "rain"})
    assert keys(decide(objected, slot(HERO), SHOP)) == ["rain"]


def test_rules_that_exclude_all_leave_the_fallback() -> None:
    text = "slot: a\nholdout: 0 %\nvariants: {x: {who: {weather: snow}}, y: {who: {weather: fog}}}\nfallback: y\n"
    decided = decide(person(), slot(text), SHOP)
    assert (keys(decided), decided.how, decided.because) == (["y"], "fallback", "nothing_left")
    assert removed(decided) == {"x": "not_for_them", "y": "not_for_them"}


def test_a_share_of_people_is_held_back_the_same_ones_in_every_version() -> None:
    one, other = slot(HERO.replace("0 %", "20 %")), slot(HERO.replace("0 %", "20 %") + "show: 1\n")
    assert one.version != other.version
    held = [held_back(number, one) for number in range(4000)]
    assert held == [held_back(number, other) for number in range(4000)]
    assert 0.17 < np.mean(held) < 0.23
    number = held.index(True)
    decided = decide(person(number, here={"weather": "rain"}), one, SHOP)
    assert (keys(decided), decided.how) == (["usual"], "held_back")


FEED = """\
slot: feed
show: 3
holdout: 0 %
candidates: feed
filters: [in_stock, not_in_cart, {kind: not_bought, within: 14 days}]
"""


def test_articles_that_are_sold_out_bought_or_in_the_cart_are_not_shown() -> None:
    known = person(bought={"tea": date(2026, 3, 9), "jam": date(2026, 1, 9)}, carted=["mug"])
    decided = decide(known, slot(FEED), SHOP)
    assert keys(decided) == ["mint", "pot", "jam"]
    assert removed(decided) == {
        "tea": "bought", "mug": "in_cart", "oolong": "out_of_stock", "mint": None, "pot": None, "jam": None
    }  # fmt: skip


def test_not_bought_may_look_at_the_whole_category() -> None:
    text = FEED.replace("within: 14 days", "within: 14 days, same: category_2")
    decided = decide(person(bought={"tea": date(2026, 3, 9)}), slot(text), SHOP)
    assert keys(decided) == ["mug", "pot", "jam"]


def test_tastes_draw_articles_nearer() -> None:
    known = person(tastes={"category_tastes": {"Jam": 1.0}})
    assert keys(decide(known, slot(FEED), SHOP))[:2] == ["tea", "mug"]
    assert keys(decide(known, slot(FEED), SHOP))[2] == "jam"  # .4 + .6 / 2 = .7, before mint's .6
    assert keys(decide(person(), slot(FEED), SHOP)) == ["tea", "mug", "mint"]


def test_an_empty_catalogue_shows_nothing_and_does_not_fail() -> None:
    decided = decide(person(), slot(FEED), Shop())
    assert (keys(decided), decided.how, decided.because) == ([], "fallback", "nothing_left")


def test_recommended_articles_come_before_what_sells() -> None:
    text = "slot: a\nshow: 3\nholdout: 0 %\ncandidates: recommended\n"
    known = person(recommended={"recommended": [("jam", 0.4), ("pot", 0.3)]})
    assert keys(decide(known, slot(text), SHOP)) == ["jam", "pot", "tea"]
    objected = person(recommended=known.recommended, may_use=False)
    assert keys(decide(objected, slot(text), SHOP)) == ["tea", "mug", "oolong"]


def test_similar_articles_are_near_the_one_on_the_page() -> None:
    text = "slot: a\nshow: 2\nholdout: 0 %\ncandidates: similar\nfilters: in_stock\n"
    assert keys(decide(person(here={"viewed_product": "tea"}), slot(text), SHOP)) == ["mint", "jam"]
    assert keys(decide(person(viewed=["tea"]), slot(text), SHOP)) == ["mint", "jam"]


REMINDER = """\
slot: reminder
holdout: 0 %
candidates: {kind: running_out, ahead: 2 days}
filters: {kind: at_most, times: 1, within: 30 days}
"""
TEA = Due("Tea", date(2026, 2, 1), date(2026, 3, 8), date(2026, 3, 11), date(2026, 3, 20))


def test_a_reminder_comes_once_when_a_thing_is_about_to_run_out_and_not_if_it_was_bought_since() -> None:
    reminder = slot(REMINDER)
    known = person(due={"replenishment": [TEA]}, bought={"tea": date(2026, 2, 1)})
    shown = decide(known, reminder, SHOP)
    assert keys(shown) == ["replenishment:Tea"]
    assert shown.picked[0].candidate.article is SHOP.articles["tea"]
    again = person(due=known.due, bought=known.bought, shown=[Shown("replenishment:Tea", datetime(2026, 3, 10, 8))])
    assert removed(decide(again, reminder, SHOP)) == {"replenishment:Tea": "shown_enough"}
    yesterday = person(due=known.due, bought={"mint": date(2026, 3, 9)})
    assert keys(decide(yesterday, reminder, SHOP)) == []
    early = person(at=date(2026, 3, 1), due=known.due)
    assert keys(decide(early, reminder, SHOP)) == []
    assert keys(decide(person(due=known.due, may_use=False), reminder, SHOP)) == []


def test_the_fallback_is_the_same_for_everybody_and_never_random() -> None:
    hero = slot(HERO)
    found = [fallback(person(number), hero, SHOP, because="slow") for number in range(50)]
    assert {(*keys(one), one.because) for one in found} == {("usual", "slow")}


LEARNS = "slot: l\nholdout: 0 %\nvariants: {a: {}, b: {}, c: {}}\nchoose: {kind: thompson, explore: 10 %}\n"
HOUR = int(NOW.timestamp() // 3600)


def counted(one: Slot, **of: tuple[float, int]) -> Learned:
    none = {"guard_rewarded": 0, "guard_total": 0.0, "guard_squares": 0.0}
    rows = [{"arm": arm, "hour": HOUR - 48, "shown": shown, "rewarded": came, "total": came, "squares": came, **none}
            for arm, (shown, came) in of.items()]  # fmt: skip
    return learned(one, rows, np.zeros(49), now=NOW.timestamp())


def test_nothing_learned_yet_shows_each_variant_as_often_as_another() -> None:
    one = slot(LEARNS)
    found = [decide(person(number), one, SHOP).picked[0] for number in range(3000)]
    shares = [np.mean([each.candidate.key == key for each in found]) for key in "abc"]
    assert all(0.3 < share < 0.37 for share in shares) and {each.propensity for each in found} == {1 / 3}


def test_the_better_variant_is_shown_more_often_as_often_as_its_propensity_says() -> None:
    one = slot(LEARNS)
    known = counted(one, a=(2000.0, 100), b=(2000.0, 110), c=(2000.0, 20))
    found = [decide(person(number), one, SHOP, known).picked[0] for number in range(4000)]
    for key in "abc":
        told = [each.propensity for each in found if each.candidate.key == key]
        assert all(chance is not None for chance in told) and len(set(told)) <= 1
        assert abs(len(told) / 4000 - (told[0] if told else 0) ) < 0.03  # type: ignore[operator]
    assert sum(each.candidate.key == "c" for each in found) / 4000 == pytest.approx(0.1 / 3, abs=0.012)


def test_a_variant_that_harms_by_the_guard_is_stopped() -> None:
    one = slot(LEARNS.replace("choose", "guard: {by: margin, within: 7 days}\nfallback: a\nchoose"))
    rows = [{"arm": arm, "hour": HOUR - 48, "shown": 5000.0, "rewarded": 100, "total": 100.0, "squares": 100.0,
             "guard_rewarded": 100, "guard_total": total, "guard_squares": total**2 / 100}
            for arm, total in (("a", 100_000.0), ("b", 20_000.0), ("c", 99_000.0))]  # fmt: skip
    known = learned(one, rows, np.zeros(49), now=NOW.timestamp())
    decided = decide(person(), one, SHOP, known)
    assert removed(decided) == {"a": None, "b": "stopped", "c": None}


RANKED = FEED + "choose: {kind: ranked, chance: false, in_a_row: 1, alike: 0 %}\n"


def test_a_feed_learns_within_the_visit_and_mixes_categories() -> None:
    one = slot(RANKED)
    assert keys(decide(person(), one, SHOP)) == ["tea", "mug", "mint"]
    assert keys(decide(person(viewed=["pot", "mug", "pot"]), one, SHOP))[0] in {"mug", "pot"}
    ignored = person(shown=[Shown(key, datetime(2026, 3, 10, 11, 55)) for key in ("tea", "mint")] * 20)
    assert keys(decide(ignored, one, SHOP))[0] == "mug"


def test_a_feed_moves_with_everybodys_clicks() -> None:
    one = slot(RANKED)
    known = counted(one, jam=(1000.0, 300), tea=(1000.0, 5), mug=(1000.0, 20), mint=(1000.0, 15), pot=(1000.0, 10))
    assert keys(decide(person(), one, SHOP, known))[0] == "jam"


@settings(max_examples=60, deadline=None)
@given(
    bought=st.dictionaries(st.sampled_from(sorted(SHOP.articles)), st.dates(date(2026, 2, 1), date(2026, 3, 10))),
    viewed=st.lists(st.sampled_from([*sorted(SHOP.articles), "gone"]), max_size=6),
    carted=st.lists(st.sampled_from(sorted(SHOP.articles)), max_size=3), number=st.integers(0, 2**62),
)  # fmt: skip
def test_what_may_not_be_shown_is_never_shown(bought: Any, viewed: Any, carted: Any, number: int) -> None:
    known: Person = person(number, bought=bought, viewed=viewed, carted=carted)
    shown = keys(decide(known, slot_ranked(), SHOP))
    late = {product for product, day in bought.items() if day >= date(2026, 3, 10) - timedelta(13)}
    assert not set(shown) & ({"oolong"} | set(carted) | late)
    assert len(shown) == len(set(shown)) <= 3
    assert shown == keys(decide(known, slot_ranked(), SHOP))


_KEPT: list[Slot] = []


def slot_ranked() -> Slot:
    if not _KEPT:
        _KEPT.append(slot(RANKED.replace("chance: false", "chance: true")))
    return _KEPT[0]


def test_what_was_searched_for_comes_first() -> None:
    one = slot(RANKED)
    assert keys(decide(person(searched=["JAM"]), one, SHOP))[0] == "jam"
    assert keys(decide(person(searched=["nothing"]), one, SHOP)) == keys(decide(person(), one, SHOP))
