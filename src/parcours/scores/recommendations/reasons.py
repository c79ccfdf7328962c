"""Why an article is in a list, as a code and what it is about: `{"code": "bought_often", "times": 7}`."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from parcours.scores.recommendations.lists import Picks
from parcours.scores.recommendations.purchases import Floats, Ints
from parcours.scores.recommendations.shop import Catalogue

NEW = 30  # days since an article was first sold, in which it is called new
OPEN = 60  # days a shop must have sold for anything to be called new
CODES = ("popular", "popular_in", "new_in", "goes_with", "like", "bought_before", "bought_often", "pinned")
_ROOM = 2**40


@dataclass
class Reasons:
    """Writes the reasons of a run; each is written once."""

    catalogue: Catalogue
    age: Floats  # days since each article was first sold, -1 if it never was
    today: int
    pinned: tuple[int, ...] = ()
    new_for: int = NEW
    _written: dict[int, str] = field(default_factory=dict)

    def of(self, picks: Picks, row: Ints, column: Ints) -> list[str]:
        """The reasons of some places of the lists, as JSON."""
        product = picks.product[row, column]
        kind = self.catalogue.kind_of[product]
        times, because = picks.times[row, column].astype(np.int64), picks.because[row, column].astype(np.int64)
        new = (self.age[product] >= 0) & (self.age[product] <= self.new_for) & (self.today >= OPEN) & (kind >= 0)
        alike = (because >= 0) & (kind == self.catalogue.kind_of[np.maximum(because, 0)]) & (kind >= 0)
        code = np.select(
            [np.isin(product, self.pinned), times > 1, times == 1, alike, because >= 0, new, kind >= 0],
            [CODES.index(each) for each in
             ("pinned", "bought_often", "bought_before", "like", "goes_with", "new_in", "popular_in")],
        )  # fmt: skip
        about = np.select([times > 0, because >= 0], [times, because], np.maximum(kind, 0))
        keys, which = np.unique(code * _ROOM + about, return_inverse=True)
        texts = [self._text(int(key)) for key in keys]
        return [texts[each] for each in which]

    def _text(self, key: int) -> str:
        if key not in self._written:
            code, about = CODES[key // _ROOM], key % _ROOM
            said: dict[str, Any] = {"code": code}
            if code in ("bought_often", "bought_before"):
                said["times"] = about
            elif code in ("like", "goes_with"):
                said["product_id"] = self.catalogue.ids[about]
            elif code in ("new_in", "popular_in"):
                said["category"] = self.catalogue.kinds[about]
            self._written[key] = json.dumps(said, ensure_ascii=False)
        return self._written[key]
