"""A shop's figures written by hand, and the same shop before its first customer."""

from dataclasses import replace
from datetime import date, datetime

from parcours.measurement.baskets import Basket, NextBaskets, Place, Wanted
from parcours.measurement.discovered import Asked, Discovered, Moved, Tried
from parcours.measurement.due import Anticipated, DueList, DuePerson, Needed
from parcours.measurement.figures import (
    Band,
    Cell,
    Change,
    Cohort,
    Counted,
    Figures,
    Headline,
    Month,
    Move,
    Overlap,
    Pulse,
    Reconciled,
    Repeat,
    Rfm,
    SegmentSize,
    SourceHealth,
    Step,
    Trade,
)
from parcours.measurement.priorities import Priority
from parcours.measurement.proven import Proven, Tenth, Trial
from parcours.measurement.sheets import Flow, Kpi, SheetFigures, Trait
from parcours.measurement.shown import Advised, NearArticle, ShownList, WhatIsShown
from parcours.model.value import Title

EMPTY = Figures(project=Title.of("Maison Vide"), as_of=date(2026, 1, 31))

_MONTHS = [date(2024 + n // 12, n % 12 + 1, 1) for n in range(1, 25)]
# Sales rise slowly, with a peak in the last two months of each year.
_SEASON = [1.0, 0.86, 0.95, 0.98, 1.02, 1.1, 0.92, 0.88, 1.04, 1.08, 1.3, 1.62]


def _sales(place: int, base: int, growth: float) -> int:
    return round(base * _SEASON[_MONTHS[place].month - 1] * (1 + growth * place))


SHOP = Figures(
    project=Title.of("Maison Lavande"),
    as_of=date(2026, 1, 31),
    notice=Title.of(
        {
            "en": "Figures made up to show the report: no real customer is behind them.",
            "fr": "Chiffres inventés pour montrer le rapport : aucun vrai client n'est derrière eux.",
        }
    ),
    headline=Headline(
        customers=184_230,
        people=231_904,
        active=Change(96_412, 91_007),
        revenue=Change(1_284_560_312, 1_190_433_020),
        orders=Change(221_843, 214_904),
        basket=Change(5_791.2, 5_539.4),
        omnichannel=Change(0.127, 0.109),
        identified=Change(0.743, 0.701),
    ),
    pulse=tuple(
        Pulse(
            month,
            _sales(n, 98_000_000, 0.006),
            _sales(n, 17_100, 0.003),
            _sales(n, 13_900, 0.003),
            _sales(n, 4_100, -0.004),
        )
        for n, month in enumerate(_MONTHS)
    ),
    monthly=tuple(
        Month(month, channel, _sales(n, base, growth))
        for n, month in enumerate(_MONTHS)
        for channel, base, growth in (
            ("store", 61_000_000, -0.001),
            ("web", 26_000_000, 0.02),
            ("app", 7_000_000, 0.03),
            ("marketplace", 3_000_000, 0.005),
            ("phone", 1_000_000, -0.02),
        )
    ),
    channels=(
        Trade("store", 61_204, 131_220, 730_112_000),
        Trade("web", 38_911, 69_404, 421_930_100),
        Trade("app", 9_030, 16_002, 98_300_212),
        Trade("marketplace", 2_410, 4_012, 25_118_000),
        Trade("phone", 911, 1_205, 9_100_000),
    ),
    reach=(
        Trade("omnichannel", 12_244, 61_020, 354_210_000),
        Trade("store", 51_902, 96_000, 402_300_000),
        Trade("web", 28_600, 37_204, 170_200_000),
        Trade("app", 3_666, 5_000, 27_900_000),
    ),
    repeat=Repeat(
        customers=184_230,
        one_time=118_904,
        recent=9_112,
        second_order=6_124.5,
        after_first=41_230.0,
        ladder=(Step(1, 184_230), Step(2, 65_326), Step(3, 38_204), Step(5, 17_911), Step(10, 4_120)),
        waits=(
            Counted("7", 4_020),
            Counted("30", 11_900),
            Counted("60", 14_210),
            Counted("90", 10_004),
            Counted("180", 13_992),
            Counted("365", 8_100),
            Counted("more", 3_100),
        ),
    ),
    cohorts=tuple(
        Cohort(month, 4_000 + 37 * n, tuple(round((620 - 41 * k) * (1 + 0.01 * n)) for k in range(12 - n)))
        for n, month in enumerate(_MONTHS[11:23])
    ),
    rfm=Rfm(
        recency=(Band(0, 30), Band(31, 90), Band(91, 180), Band(181, 365), Band(366)),
        frequency=(Band(1, 1), Band(2, 2), Band(3, 4), Band(5, 9), Band(10)),
        cells=tuple(
            Cell(lately, often, 1 + (5 - often) ** 3 * 90 + lately * 400, (often + 1) ** 2 * (6 - lately) * 3_000_000)
            for often in range(5)
            for lately in range(5)
        ),
    ),
    stages=(
        SegmentSize("new", None, 14_210, 81_000_000, entered=312, left=190),
        SegmentSize("active", None, 41_002, 360_000_000, entered=201, left=420),
        SegmentSize("loyal", None, 19_411, 512_000_000, entered=98, left=61),
        SegmentSize("cooling", None, 28_930, 201_000_000, entered=371, left=150),
        SegmentSize("sleeping", None, 46_700, 0, entered=123, left=88),
        SegmentSize("lost", None, 33_977, 0, entered=71, left=4),
    ),
    moves=(
        Move("active", "cooling", 322),
        Move(None, "new", 312),
        Move("new", "active", 190),
        Move("cooling", "sleeping", 123),
        Move("active", "loyal", 98),
        Move("sleeping", "lost", 71),
        Move("loyal", "cooling", 49),
        Move("loyal", "active", 11),
    ),
    moved_since=date(2026, 1, 24),
    rhythm=47,
    segments=(
        SegmentSize(
            "champions",
            Title.of({"en": "Our champions", "fr": "Nos champions"}),
            18_004,
            498_000_000,
            entered=412,
            left=118,
        ),
        SegmentSize(
            "lapsing_vips",
            Title.of({"en": "Our best customers, slipping away", "fr": "Nos meilleurs clients s'éloignent"}),
            3_110,
            41_000_000,
            entered=96,
            left=140,
        ),
        SegmentSize(
            "one_and_done",
            Title.of({"en": "Bought once", "fr": "Venus une fois"}),
            118_904,
            310_000_000,
            entered=1_011,
            left=640,
        ),
        SegmentSize("web_only", Title.of({"en": "Web only", "fr": "Web seul"}), 28_600, 170_200_000, entered=0, left=0),
    ),
    overlaps=(
        Overlap("champions", "lapsing_vips", 611),
        Overlap("champions", "web_only", 1_404),
        Overlap("lapsing_vips", "web_only", 300),
        Overlap("one_and_done", "web_only", 19_870),
    ),
    identity=Reconciled(
        records=402_118,
        persons=231_904,
        joined=(
            Counted("email", 121_400),
            Counted("loyalty_card", 88_410),
            Counted("phone", 31_200),
            Counted("shop_login", 902),
        ),
        refused=(Counted("too_many_records", 212), Counted("blocked_value", 48)),
        waiting=37,
        visitors=88_120,
    ),
    quality=(
        SourceHealth(
            "till",
            1_204_998,
            1_204_120,
            878,
            datetime(2026, 1, 31, 19, 40),
            (Counted("unreadable_date", 611), Counted("missing_key", 267)),
            Title.of({"en": "Tills", "fr": "Caisses"}),
        ),
        SourceHealth(
            "web_shop",
            402_330,
            402_330,
            0,
            datetime(2026, 1, 31, 22, 58),
            (),
            Title.of({"en": "Web shop", "fr": "Boutique en ligne"}),
        ),
        SourceHealth(
            "crm",
            231_010,
            230_998,
            12,
            datetime(2026, 1, 24, 6, 0),
            (Counted("missing_key", 12),),
            Title.of({"en": "CRM"}),
        ),
        SourceHealth("stock", 18_000, 18_000, 0, None),
    ),
)

ONE_CHANNEL = replace(
    SHOP,
    notice=None,
    pulse=SHOP.pulse[-11:],
    channels=SHOP.channels[:1],
    reach=SHOP.reach[1:2],
    monthly=tuple(month for month in SHOP.monthly if month.channel == "store")[-11:],
    headline=replace(SHOP.headline, revenue=Change(730_112_000), active=Change(61_204), omnichannel=Change(0.0)),
    segments=(),
    overlaps=(),
)

_SHEET = SheetFigures(
    segment="d1",
    title=None,
    named_by=((Trait("orders_365d", Title.of("Orders in a year"), "", 9.0, 4.0), True),
              (Trait("loyal_days", Title.of({"en": "Loyal days", "fr": "Jours fidèles"}), "days", 9.0, 4.0), True)),
    as_of=date(2026, 1, 31),
    project=SHOP.project,
    currency="EUR",
    people=40_000,
    base_people=100_000,
    revenue=Change(60_000_000, 50_000_000),
    base_revenue=80_000_000,
    ways=(Title({"en": "orders in a year is at least 5", "fr": "commandes sur un an est au moins 5"}),),
    caught=0.95,
    right=0.91,
    born=date(2025, 12, 31),
    kpis=(Kpi("repeat", 0.8, 0.5), Kpi("basket", 6_000.0, 5_000.0, "money")),
    entered=(Flow("d2", None, 1_000, 20),),
    moved_since=date(2025, 12, 31),
    priority=Priority("grow", "secure", 60_000_000, 0.0, 900_000, 0.75, 0.0, 0.4, fair=0.5, reach=0.1,
                      next_segment=None, each=1_500.0, next_each=None, because="the new range", by="Ann"),
)  # fmt: skip

FOUND = replace(
    SHOP,
    discovered=Discovered(
        sheets=(_SHEET, replace(_SHEET, segment="d2", title=Title.of({"en": "Passing by", "fr": "De passage"}),
                                people=60_000, revenue=Change(20_000_000), entered=(),
                                priority=replace(_SHEET.priority, priority="leave", because=None))),
        tried=(Tried(2, 0.97, 0.31, 0.4, 0.6, True, "chosen"), Tried(3, 0.61, 0.22, 0.1, 0.5, False, "not_stable")),
        variables=(
            Asked("orders_365d", Title.of("Orders in a year"), True, "used", 2.0, 0.6, "stores", "they ask each week"),
            Asked("preferred_hour", None, False, "unwanted", 0.0, None, None, "a place on a circle"),
        ),
        moves=(Moved("d1", "d1", 36_000), Moved("d2", "d1", 1_000, 20), Moved("d2", "d2", 54_000),
               Moved(None, "d2", 5_000), Moved("d1", None, 10)),
        moved_since=date(2025, 12, 31),
        agreement=0.93,
    ),
    due=(
        DueList(
            score="replenishment",
            title=Title.of({"en": "Needed again", "fr": "À racheter"}),
            day=date(2026, 2, 1),
            people=1_200,
            items=(Needed("Coffee", 800, 610.4), Needed("Filters", 400, 210.0)),
            first=(DuePerson("per_00000000000000a1", "Coffee", date(2026, 2, 2), date(2026, 1, 30), date(2026, 2, 5),
                             0.92),),
            baskets=(Anticipated("per_00000000000000a1", (("Coffee", 0.92), ("Filters", 0.4))),),
        ),
    ),
    baskets=(
        NextBaskets(
            title=Title.of({"en": "The next basket", "fr": "Le prochain panier"}),
            days=28,
            people=1_500,
            known=0.97,
            kept=True,
            right=0.471,
            plain_right=0.452,
            wanted=(Wanted("Milk", 1_100, 800.2), Wanted("Bread", 900, 500.0)),
            examples=(
                Basket("per_00000000000000a1", (
                    Place(1, "Milk", 0.97, True, {"code": "due", "every_days": 4, "last_days": 5}),
                    Place(2, "Bread", 0.9, True, {"code": "regular", "bought": 12, "days": 84}),
                    Place(3, "Rice", 0.4, True, {"code": "again", "bought": 2, "last_days": 30}),
                    Place(4, "Butter", 0.2, False, {"code": "goes_with", "item": "Bread"}),
                    Place(5, "Eggs", 0.1, False, {"code": "popular", "share": 0.25}),
                )),
            ),
        ),
    ),
    shown=WhatIsShown(
        lists=(
            ShownList(
                Title.of({"en": "Recommended", "fr": "Recommandé"}), 1_500, 400, True,
                (("per_00000000000000a1", (
                    Advised(1, "Milk", {"code": "bought_often", "times": 7}),
                    Advised(2, "Butter", {"code": "goes_with", "product_id": "B1"}, "Bread"),
                    Advised(3, "Oolong", {"code": "new_in", "category": "Tea"}),
                )),),
            ),
        ),
        near=((Title.of({"en": "Similar articles", "fr": "Articles semblables"}),
               (NearArticle("Milk", ("Cream", "Butter"), "bought_together"),)),),
        notes=({"code": "negative_stock", "found": 3}, {"code": "never_sold", "found": 1_200}),
    ),
    proven=(
        Proven(
            "buys_30d",
            Title.of({"en": "Buys within 30 days", "fr": "Achète sous 30 jours"}),
            Trial((Tenth(1, 100, 0.5, 0.4), Tenth(2, 100, 0.1, 0.2)), date(2025, 12, 1), date(2026, 1, 3)),
            (Trial((Tenth(1, 100, 0.5, 0.4), Tenth(2, 100, 0.1, 0.2)), date(2025, 12, 1), date(2026, 1, 3)),),
        ),
        Proven("churns_60d", Title.of("Churns"), Trial((Tenth(1, 50, 0.5, 0.4), Tenth(2, 50, 0.1, 0.2)))),
    ),
)  # fmt: skip
