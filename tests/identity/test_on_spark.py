"""Both engines make the same people of the same records."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from parcours.project.definitions import Households, IdentifierRules
from tests.identity.shop import PLACE, Shop


def filled(folder: Path, engine: str) -> Shop:
    folder.mkdir()
    shop = Shop(folder, engine)
    shop.customer(1, name="Zoé Lefèvre", email="zoe.l@gmail.com", crm_id="K1", address="1 rue Neuve, 59000")
    shop.customer(2, name="Zoe Lefevre", email="zoel@gmail.com", crm_id="K2", address="1, rue neuve, 59000")
    shop.customer(3, name="Paul Garnier", email="f@x.fr", phone="+331", crm_id="K3", born=date(1980, 1, 2))
    shop.customer(4, name="Julie Garnier", email="f@x.fr", phone="+332", crm_id="K4")
    shop.customer(5, name="Jean-Marc Petit", email="jm@x.fr", phone="+333", device="d", crm_id="K5")
    shop.customer(6, name="Marc Petit", phone="+333", device="d", crm_id="K6")
    shop.customer(7, name="Ann Roy", login="U7", crm_id="K7")
    shop.seen(8, email="f@x.fr", cookie="c1")
    shop.seen(9, cookie="c1")
    shop.seen(10, phone="+331")
    shop.seen(11, login="U7", cookie="tablet")
    shop.seen(12, email="jm@x.fr", cookie="tablet")
    shop.seen(13, email="till_9@ours.fr")
    for number in range(30, 40):
        shop.customer(number, name="Eva Blanc" if number > 31 else "", login="U30", cookie=f"b{number}")
        shop.customer(number + 10, login="kiosk", email=f"{number}@x.fr", cookie=f"b{number + 10}")
    (folder / "links.csv").write_text("do,left,right,why\nforbid,crm_id=K1,crm_id=K2,cousins\nforce,crm/K7,crm/K6,\n")
    return shop


@pytest.mark.spark
def test_spark_and_duckdb_make_the_same_people(tmp_path: Path) -> None:
    weak = IdentifierRules(joins_alone=False)
    rules = {
        "kinds": {"phone": weak, "device": weak}, "blocked_values": {"email": ("till_*@ours.fr",)},
        "links_file": "links.csv", "households": Households(same=("last_name", "street", "postcode"), place=PLACE),
    }  # fmt: skip
    duckdb, spark = filled(tmp_path / "duckdb", "duckdb"), filled(tmp_path / "spark", "spark")
    first = duckdb.run(**rules)
    assert len(first["links"]) > 5
    assert spark.run(**rules) == first
    for shop in (duckdb, spark):
        shop.seen(20, email="jm@x.fr", login="U7")
        shop.seen(21, cookie="c1", phone="+331")
    assert spark.run(**rules) == duckdb.run(**rules)
