"""How probable it is that customers do something: rows, reasons, how it was judged, and when it is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from scipy.special import expit, logit

from parcours.engine import Draft, Warehouse, open_engine
from parcours.model.value import Duration
from parcours.scores import checks
from parcours.scores.kinds.propensity import Propensity
from parcours.scores.made import Made, TooLittle
from parcours.scores.propensity import model
from parcours.scores.propensity.calibration import calibration_error, curved, error_by_chance, shifted, stretched
from parcours.scores.propensity.features import FAMILIES, NAMES, PLACE, Known
from parcours.scores.propensity.rows import deciles, reasons

from .propensity_shop import AS_OF, day, message, order, steady, world

PEOPLE = 500
SHOWN = {family.shown for family in FAMILIES}


def open_draft(folder: Path) -> Iterator[Draft]:
    engine = open_engine(temporary=folder / "temporary", threads=1)
    with Warehouse(folder / "warehouse", engine).draft(now=datetime(2026, 3, 1, tzinfo=UTC)) as draft:
        yield draft
    engine.close()


@pytest.fixture
def draft(tmp_path: Path) -> Iterator[Draft]:
    yield from open_draft(tmp_path)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    for draft in open_draft(tmp_path_factory.mktemp("made")):
        yield buys().make(world(draft, PEOPLE, orders=steady(PEOPLE)))


def buys(within: str = "30 days", to: str = "buy") -> Propensity:
    return Propensity(to=to, within=Duration.parse(within))


def refused(kind: Propensity, draft: Draft, people: int = PEOPLE, **tables: list[dict]) -> dict:
    with pytest.raises(TooLittle) as refusal:
        kind.make(world(draft, people, **tables))
    return {name: refusal.value.said[name] for name in ("code", "needed", "found")}


def test_everybody_has_one_row_in_order_and_tenths_are_equal(made: Made) -> None:
    rows = made.rows
    assert rows.column_names == ["person_id", "probability", "decile", "reasons"]
    assert rows.column("person_id").to_pylist() == list(range(1, PEOPLE + 1))
    assert np.bincount(rows.column("decile").to_numpy())[1:].tolist() == [PEOPLE // 10] * 10
    probability = rows.column("probability").to_numpy()
    assert ((probability > 0) & (probability < 1)).all()
    first, last = (probability[rows.column("decile").to_numpy() == place] for place in (1, 10))
    assert first.min() > last.max()


def test_three_reasons_are_told_the_strongest_first(made: Made) -> None:
    for text in made.rows.column("reasons").to_pylist():
        told = json.loads(text)
        assert [sorted(reason) for reason in told] == [["value", "weight", "what"]] * 3
        weights = [abs(reason["weight"]) for reason in told]
        assert weights == sorted(weights, reverse=True)
        assert {reason["what"] for reason in told} <= SHOWN
        assert len({reason["what"] for reason in told}) == 3


def test_the_model_is_kept_where_it_beats_the_rate_by_recency_and_frequency(made: Made) -> None:
    card = made.card
    assert card.kept and card.value is not None and card.plain_value is not None and card.value < card.plain_value
    assert (card.measure, card.held_back_until) == ("log_loss", AS_OF)
    assert card.learned_until == AS_OF - timedelta(30)
    assert card.detail["measures"]["auc"] > 0.7
    json.dumps(card.detail)


def test_the_card_tells_of_each_tenth_what_was_foreseen_and_what_happened(made: Made) -> None:
    told = made.card.detail["held_back"]
    assert [row["decile"] for row in told] == list(range(1, 11))
    assert sum(row["people"] for row in told) == PEOPLE
    happened = sum(row["people"] * row["actual"] for row in told) / PEOPLE
    assert happened == pytest.approx(made.card.detail["measures"]["happened"], abs=1e-5)
    assert told[0]["actual"] > told[9]["actual"]


def test_the_same_facts_give_the_same_rows_and_days_to_come_are_not_seen(made: Made, draft: Draft) -> None:
    later = [order(n, -3) for n in range(1, PEOPLE + 1)]
    again = buys().make(world(draft, PEOPLE, orders=steady(PEOPLE) + later))
    assert again.rows.equals(made.rows)
    assert again.card == made.card


def test_a_forecast_of_a_month_ago_is_held_against_what_happened(draft: Draft) -> None:
    of = world(draft, PEOPLE, orders=steady(PEOPLE))
    of.as_of = day(30)
    foreseen = buys().make(of).rows
    of.forget()
    of.as_of = AS_OF
    found = checks.came_true(foreseen, buys().happened(of, day(30)))
    assert found.column("people").to_pylist() == [PEOPLE // 10] * 10
    assert checks.lift(found)[0] > 1.5 > 0.7 > checks.lift(found)[9]
    assert checks.error(found) < 0.1


@pytest.mark.parametrize("to", ["churn", "open"])
def test_churn_and_mail_are_foreseen_too(to: str, draft: Draft) -> None:
    everybody, days = range(1, 801), range(0, 150, 10)
    sent = [message(n, ago, "sent") for n in everybody for ago in days]
    opened = [message(n, ago, "opened") for n in everybody for ago in days if n * ago % 7 == 3]
    made = buys(to=to).make(world(draft, 800, orders=steady(800), message_events=sent + opened))
    assert 100 < made.rows.num_rows <= 800
    assert made.card.detail["to"] == to


def test_too_short_a_history_is_refused_with_the_days_that_are_needed(draft: Draft) -> None:
    orders = [order(n, n % 60) for n in range(1, PEOPLE + 1)]
    assert refused(buys(), draft, orders=orders) == {"code": "too_short_history", "needed": 88, "found": 60}


def test_no_facts_at_all_are_refused(draft: Draft) -> None:
    assert refused(buys(), draft) == {"code": "too_short_history", "needed": 88, "found": 0}


def test_one_customer_is_refused(draft: Draft) -> None:
    orders = [order(1, ago) for ago in range(0, 200, 9)]
    assert refused(buys(), draft, 1, orders=orders) == {"code": "too_few_people", "needed": 300, "found": 1}


def test_too_few_who_did_it_are_refused(draft: Draft) -> None:
    orders = [order(n, 200) for n in range(1, PEOPLE + 1)] + [order(n, 15) for n in range(1, 41)]
    assert refused(buys(), draft, orders=orders) == {"code": "too_few_did", "needed": 100, "found": 40}


def test_what_everybody_does_is_refused(draft: Draft) -> None:
    orders = [order(n, ago) for n in range(1, PEOPLE + 1) for ago in range(0, 120, 10)]
    assert refused(buys(), draft, orders=orders) == {"code": "too_few_did_not", "needed": 100, "found": 0}


def test_messages_that_nobody_sends_are_refused(draft: Draft) -> None:
    assert refused(buys(to="click"), draft, orders=steady(PEOPLE))["code"] == "too_few_people"


# -- the model


def windows(count: int, *, level: float = 0.0, seed: int = 1) -> list[Known]:
    """Windows in which the chance falls with the days since the last order; the newest may have a level of its own."""
    chance = np.random.default_rng(seed)
    made = []
    for back in range(count):
        values = np.zeros((3000, len(NAMES)))
        ago = chance.integers(0, 200, 3000)
        values[:, PLACE["last_order_days"]] = ago
        values[:, PLACE["orders_365d"]] = chance.integers(0, 9, 3000)
        odds = 1.5 - 0.6 * np.log1p(ago) + (level if back == 0 else 0.0)
        made.append(Known(day(30 * back), np.arange(3000), values, chance.random(3000) < expit(odds)))
    return made


def learned(of: list[Known], years_ago: list[Known | None] | None = None) -> model.Learned:
    return model.learn(of, years_ago or [], plain=("last_order_days", "orders_365d"), seed=20)


def test_two_windows_are_enough_to_learn_from() -> None:
    found = learned(windows(2))
    assert found.tried == {}
    assert found.measures["auc"] > 0.6


def test_a_season_is_foreseen_from_the_same_window_last_year() -> None:
    busy, usual = windows(5, level=1.0), windows(1, seed=3)[0]
    last_year = windows(1, level=1.0, seed=2)[0]
    # today's and the newest window are of the busy season; those that choose are not
    found = learned(busy, [last_year, last_year, usual, usual, usual])
    assert found.calibration.name == "last_year"
    assert found.calibration.shift == pytest.approx(0.8, abs=0.2)  # of 1: the busy window was learned from too
    without = learned(busy)
    assert found.measures["calibration_error"] < 0.03 < 0.1 < without.measures["calibration_error"]


def test_a_model_no_better_than_the_plain_method_is_not_kept() -> None:
    found = learned(windows(3))
    worse = replace(found, measures={**found.measures, "log_loss": found.measures["plain_log_loss"]})
    assert found.measures["plain_auc"] < found.measures["auc"] + 0.02
    assert not worse.kept


def test_the_plain_method_is_the_rate_of_a_cell() -> None:
    of = windows(2)
    plain = model.RateByCell(of, ("last_order_days", "orders_365d"))
    late, often = (np.concatenate([one.column(name) for one in of]) for name in ("last_order_days", "orders_365d"))
    did = np.concatenate([one.did for one in of])
    newest = (late < np.quantile(late, 0.2)) & (often >= np.quantile(often, 0.8))
    first = int(np.flatnonzero(newest)[0])
    expected = (did[newest].sum() + 10 * did.mean()) / (newest.sum() + 10)
    assert plain.probability(of[0])[first] == pytest.approx(expected)


def test_reasons_add_up_to_what_sets_a_customer_apart_from_the_average() -> None:
    of = windows(1)[0]
    linear = model.logistic(of.scaled, of.did)
    odds = linear.log_odds(of.scaled)
    np.testing.assert_allclose(linear.parts(of.scaled).sum(axis=1), odds - odds.mean(), atol=1e-9)
    told = json.loads(reasons(linear, of.values, of.scaled)[int(np.argmin(of.column("last_order_days")))].as_py())
    assert told[0]["what"] == "last_order_days" and told[0]["weight"] > 0 and told[0]["value"] == 0


def test_what_is_unknown_is_told_as_null() -> None:
    of = windows(1)[0]
    of.values[:50, PLACE["last_order_days"]] = np.nan
    told = json.loads(reasons(model.logistic(of.scaled, of.did), of.values, of.scaled)[0].as_py())
    assert next(reason for reason in told if reason["what"] == "last_order_days")["value"] is None


def test_tenths_are_by_rank_and_equals_by_person() -> None:
    ranked = np.array([0.5] * 10 + [0.9] * 10)
    people = np.arange(20)[::-1].copy()
    found = deciles(ranked, people)
    assert found[10:].tolist() == [5, 5, 4, 4, 3, 3, 2, 2, 1, 1]
    assert found[:10].tolist() == [10, 10, 9, 9, 8, 8, 7, 7, 6, 6]


# -- calibration


def test_the_calibration_error_is_the_mean_distance_over_equal_bins() -> None:
    probability = np.repeat([0.1, 0.4], 10)
    did = np.array([1] * 2 + [0] * 8 + [1] * 3 + [0] * 7)
    assert calibration_error(probability, did, bins=2) == pytest.approx((0.1 + 0.1) / 2)


def test_true_probabilities_show_an_error_by_chance_that_falls_with_people() -> None:
    few, many = (error_by_chance(np.full(n, 0.3), seed=1) for n in (1_000, 100_000))
    # a bin of n/10 people is off by sqrt(2 p (1 - p) / (pi n / 10)) on average
    assert few == pytest.approx(np.sqrt(2 * 0.21 / (np.pi * 100)), rel=0.15)
    assert many == pytest.approx(few / 10, rel=0.2)


def test_a_shift_meets_the_share_of_those_who_did_it() -> None:
    log_odds = logit(np.linspace(0.05, 0.6, 1000))
    did = np.arange(1000) % 5 == 0
    assert shifted("s", [(log_odds, did)]).probability(log_odds).mean() == pytest.approx(0.2, abs=1e-6)


def test_platt_and_the_curve_find_what_bent_the_odds() -> None:
    chance = np.random.default_rng(4)
    log_odds = chance.normal(0, 1.5, 40_000)
    did = chance.random(40_000) < expit(0.5 * log_odds - 1)
    platt = stretched("p", [(log_odds, did)])
    assert (platt.slope, platt.shift) == pytest.approx((0.5, -1), abs=0.06)
    curve = curved("c", [(log_odds, did)])
    assert np.abs(curve.probability(log_odds) - expit(0.5 * log_odds - 1)).mean() < 0.02
