"""What is near each article: bought or viewed by the same people, or alike in words; and what goes with it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from scipy.sparse import csr_matrix

from parcours.engine import sql
from parcours.scores.made import Card, Made, TooLittle
from parcours.scores.recommendations.merchandising import merchandising, ruled
from parcours.scores.recommendations.neighbours import NOTHING, Near, by_cosine, highest, who_bought
from parcours.scores.recommendations.purchases import Floats, Ints, Small
from parcours.scores.recommendations.shop import Catalogue, Shop, shop
from parcours.scores.world import World

_QUERIES = sql.load(__package__, "recommendations.sql")
LONG = 365.0  # half-life of what is bought together, days
BASKETS = 1_000_000
BY = ("bought_together", "viewed_together", "text")
COLUMNS = {"product_id": pa.string(), "other_id": pa.string(), "place": pa.int64(), "closeness": pa.float64(),
           "by": pa.string()}  # fmt: skip
CHANCE = 3.0  # standard deviations above what chance would bring together
ASKED = 512  # texts in one go
COMMON, MANY = 0.05, 1000  # of many texts, pieces that are in more than this share tell nothing
LEAST = 0.1  # closeness of texts under which they are not alike


@dataclass(frozen=True)
class Similar:
    """What is near each article that may be shown."""

    world: World
    places: int
    people: int  # who must have bought (or viewed) both articles

    def made(self) -> Made:
        """The rows and the card. Raises TooLittle for a shop without articles."""
        here = shop(self.world)
        if not here.products:
            raise TooLittle("no_articles", needed=1, found=0)
        shown = ruled(merchandising(self.world.folder), here.catalogue, self.world.as_of).shown
        ways: list[tuple[Small, Floats]] = [
            self._together(who_bought(here.bought, here.today, half_life=LONG, seed=self.world.seed), shown),
            self._together(self._viewed(here), shown),
        ]
        full = sum((found >= 0).sum(axis=1) for found, _ in ways) >= self.places
        ways.append(_alike(here, np.flatnonzero(~full & here.catalogue.listed), shown, self.places))
        other, closeness, by = _mixed(ways, self.places)
        told = {name: int((by == number).sum()) for number, name in enumerate(BY)}
        notes = [] if here.catalogue.kinds else [{"code": "no_categories", "found": here.products}]
        card = Card(
            method="bought, viewed, alike in words",
            people=len(here.bought.persons),
            learned_from=here.bought.first_day,
            learned_until=self.world.as_of,
            detail={"pairs": told, "articles": here.products, "notes": notes},
        )
        return Made(_rows(here.catalogue, other, closeness, by), card)

    def _viewed(self, here: Shop) -> csr_matrix:
        rows = self.world.engine.arrow(_QUERIES["viewed"].bind(as_of=self.world.as_of))
        return _table(rows, "visitor", here.products)

    def _together(self, seen: csr_matrix, shown: np.ndarray) -> tuple[Small, Floats]:
        """Neighbours by what people have in common, of what at least so many people have in common."""
        if not seen.nnz:
            return np.full((seen.shape[1], 1), NOTHING), np.zeros((seen.shape[1], 1), np.float32)
        near = by_cosine(seen, places=2 * self.places)
        ones = seen.copy()
        ones.data[:] = 1
        enough = _shared(ones.tocsc(), near) >= self.people
        may = (near.closeness > 0) & enough & shown[near.other]
        return np.where(may, near.other, NOTHING), np.where(may, near.closeness, 0)


@dataclass(frozen=True)
class Complements:
    """What is paid for together with each article more than chance would have it, and is another kind of thing."""

    world: World
    places: int
    baskets: int  # in which both must have been

    def made(self) -> Made:
        """The rows and the card. Raises TooLittle without categories, or when hardly anything is bought together."""
        here = shop(self.world)
        if not here.catalogue.kinds:
            raise TooLittle("not_in_catalogue", needed=2, found=0, of="category")
        shown = ruled(merchandising(self.world.folder), here.catalogue, self.world.as_of).shown
        seen, one_in = self._paid(here)
        if not seen.nnz:
            raise TooLittle("too_few_baskets", needed=self.baskets, found=0)
        other, closeness = self._beyond_chance(seen, _sort(here.catalogue), shown)
        by = np.where(other >= 0, 0, NOTHING)
        rows = _rows(here.catalogue, other, closeness, by)
        if not rows.num_rows:
            raise TooLittle("too_few_baskets", needed=self.baskets, found=seen.shape[0])
        card = Card(
            method="paid together more than chance",
            people=len(here.bought.persons),
            learned_until=self.world.as_of,
            detail={"baskets": seen.shape[0], "one_in": one_in, "articles": int((other >= 0).any(axis=1).sum())},
        )
        return Made(rows, card)

    def _paid(self, here: Shop) -> tuple[csr_matrix, int]:
        (row,) = self.world.engine.rows(_QUERIES["orders"].bind(as_of=self.world.as_of))
        one_in = max(1, -(-int(row["found"]) // BASKETS))
        rows = self.world.engine.arrow(_QUERIES["baskets"].bind(as_of=self.world.as_of, one_in=one_in))
        return _table(rows, "basket", here.products), one_in

    def _beyond_chance(self, seen: csr_matrix, sort: Small, shown: np.ndarray) -> tuple[Small, Floats]:
        """The nearest of another sort, among those seen together clearly more often than if it were chance."""
        had = np.asarray(seen.sum(axis=0)).ravel()
        other = np.full((seen.shape[1], self.places), NOTHING)
        closeness = np.zeros(other.shape, np.float32)
        turned = seen.T.tocsr()
        for begin in range(0, seen.shape[1], ASKED):
            both = (turned[begin : begin + ASKED] @ seen).tocsr()
            row = np.repeat(np.arange(begin, begin + both.shape[0]), np.diff(both.indptr))
            chance = had[row] * had[both.indices] / seen.shape[0]
            clear = (both.data - chance) / np.sqrt(chance + 1) >= CHANCE
            another = (sort[row] != sort[both.indices]) & shown[both.indices]
            strength = both.data / np.sqrt(had[row] * had[both.indices])
            both.data = np.where(clear & another & (both.data >= self.baskets), strength, 0).astype(np.float32)
            found, value = highest(both, self.places)
            other[begin : begin + len(found), : found.shape[1]] = found
            closeness[begin : begin + len(found), : found.shape[1]] = value
        return other, closeness


def _sort(catalogue: Catalogue) -> Small:
    """What sort of thing each article is: its finest category. Two of one sort stand for one another."""
    levels = [catalogue.rows[name].to_pylist() for name in ("category_3", "category_2", "category_1")]
    finest = [next((each for each in row if each), None) for row in zip(*levels)]
    number = {each: place for place, each in enumerate(sorted({each for each in finest if each}))}
    return np.array([number.get(each, -1) if each else -1 for each in finest], np.int32)


def _table(rows: pa.Table, name: str, products: int) -> csr_matrix:
    """Who (a visit, a basket) has which article."""
    who = np.asarray(rows[name].to_numpy(), dtype=np.int64)
    _, place = np.unique(who, return_inverse=True)
    count = int(place.max(initial=-1)) + 1
    product = np.asarray(rows["product"].to_numpy(), dtype=np.int64)
    return csr_matrix((np.ones(len(who), np.float32), (place, product)), shape=(count, products))


def _shared(ones: csr_matrix, near: Near) -> Ints:
    """How many people have an article and its neighbour."""
    turned = ones.T.tocsr()
    rows = turned.T.tocsr()
    found = np.zeros(near.other.shape, np.int64)
    for begin in range(0, len(found), ASKED):
        both = (turned[begin : begin + ASKED] @ rows).tocsr()
        asked = near.other[begin : begin + ASKED]
        row = np.repeat(np.arange(len(asked)), asked.shape[1])
        found[begin : begin + ASKED] = np.asarray(both[row, asked.ravel()]).reshape(asked.shape)
    return found


def _alike(here: Shop, asked: Ints, shown: np.ndarray, places: int) -> tuple[Small, Floats]:
    """Neighbours in words of the articles asked about: name, category and brand, in pieces of three to five letters.

    Articles of the same words are one text; among them, what is bought most stands for it.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    other = np.full((here.products, places), NOTHING)
    closeness = np.zeros(other.shape, np.float32)
    texts, text_of = _texts(here.catalogue)
    if not len(asked) or not any(texts):
        return other, closeness
    often = COMMON if len(texts) > MANY else 1.0
    pieces = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), max_df=often, sublinear_tf=True, dtype=np.float32)
    table = pieces.fit_transform(texts)
    best = _bought_most(here, text_of, len(texts), shown, places + 1)
    wanted, back = np.unique(text_of[asked], return_inverse=True)
    turned = table.T.tocsr()
    for begin in range(0, len(wanted), ASKED):
        some = wanted[begin : begin + ASKED]
        found, value = highest((table[some] @ turned).tocsr(), places + 1)
        lines = np.flatnonzero((back >= begin) & (back < begin + len(some)))
        for line in lines:  # a few articles that nobody bought, once each
            _put(other, closeness, asked[line], found[back[line] - begin], value[back[line] - begin], best)
    return other, closeness


def _put(other: Small, closeness: Floats, article: int, texts: Small, near: Floats, best: Small) -> None:
    chosen = [(each, value) for text, value in zip(texts, near) if text >= 0 and value >= LEAST for each in best[text]
              if each >= 0 and each != article]  # fmt: skip
    for place, (each, value) in enumerate(chosen[: other.shape[1]]):
        other[article, place], closeness[article, place] = each, min(float(value), 1.0)


def _texts(catalogue: Catalogue) -> tuple[list[str], Ints]:
    columns = [catalogue.rows[name].to_pylist() for name in ("name", "category_1", "category_2", "category_3", "brand")]
    said = [" ".join(each for each in row if each) for row in zip(*columns)]
    texts, which = np.unique(np.array(said, dtype=object).astype(str), return_inverse=True)
    return texts.tolist(), which


def _bought_most(here: Shop, text_of: Ints, texts: int, shown: np.ndarray, kept: int) -> Small:
    """The articles of each text that are bought most."""
    ever = np.bincount(here.bought.product, minlength=here.products)
    order = np.lexsort((np.arange(here.products), -ever, text_of))
    order = order[shown[order]]
    begins = np.searchsorted(text_of[order], np.arange(texts))
    place = np.arange(len(order)) - begins[text_of[order]]
    best = np.full((texts, kept), NOTHING)
    few = place < kept
    best[text_of[order[few]], place[few]] = order[few]
    return best


def _mixed(ways: list[tuple[Small, Floats]], places: int) -> tuple[Small, Floats, Small]:
    """The neighbours of the first way, then those of the second that are not among them, and so on."""
    other, closeness = (np.concatenate([way[part] for way in ways], axis=1) for part in (0, 1))
    by = np.concatenate([np.full(way[0].shape, number, np.int32) for number, way in enumerate(ways)], axis=1)
    for column in range(1, other.shape[1]):
        before = (other[:, :column] == other[:, column : column + 1]).any(axis=1)
        other[before, column] = NOTHING
    order = np.argsort(other < 0, axis=1, kind="stable")[:, :places]
    other, closeness, by = (np.take_along_axis(each, order, 1) for each in (other, closeness, by))
    return other, closeness, np.where(other >= 0, by, NOTHING)


def _rows(catalogue: Catalogue, other: Small, closeness: Floats, by: Small) -> pa.Table:
    ids = np.array(catalogue.ids, dtype=object)
    row, column = np.nonzero(other >= 0)
    kept = catalogue.listed[row]
    row, column = row[kept], column[kept]
    place = np.cumsum(other >= 0, axis=1)[row, column]
    columns = [
        pa.array(ids[row], pa.string()),
        pa.array(ids[other[row, column]], pa.string()),
        pa.array(place, pa.int64()),
        pa.array(closeness[row, column].astype(np.float64).round(6)),
        pa.array(np.array(BY, dtype=object)[by[row, column]], pa.string()),
    ]
    return pa.table(dict(zip(COLUMNS, columns)))
