"""Tables inside Python packages, read without running the package."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from parcours.engine.reader import Refused
from parcours.sources.package_data import PackageData, folder_of
from tests.landing.shop import NOW, Shop, account


def test_a_table_of_an_installed_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "site" / "shop_data"
    (package / "data").mkdir(parents=True)
    (package / "__init__.py").write_text("raise RuntimeError('its code must not run')")
    (package / "data" / "products.csv").write_text("id,name\n1,Thé\n2,Café\n")
    monkeypatch.syspath_prepend(str(package.parent))
    shop = Shop(tmp_path / "shop")
    shop.source(
        "catalogue",
        """
        kind: package_data
        package: shop_data
        path: data/products.csv
        tables:
          products: {columns: {product_id: id, name: name}}
    """,
    )
    landed = shop.run()
    assert landed.values("products", "product_id", "name", source="catalogue") == [("1", "Thé"), ("2", "Café")]
    assert "shop_data" not in sys.modules
    assert account(shop.run().counts["catalogue"])[0] == 0


def test_a_package_that_is_missing_says_how_to_get_it() -> None:
    with pytest.raises(Refused, match="pip install no-such-thing"):
        folder_of("no_such_thing")


@pytest.mark.parametrize("path", ["../../secrets.csv", "/etc/passwd"])
def test_a_path_stays_inside_of_the_package(path: str, tmp_path: Path) -> None:
    from parcours.engine.reader import Where

    with pytest.raises(Refused, match="leaves the package"):
        PackageData(package="duckdb", path=path).offers(Where(tmp_path, NOW))


def test_an_account_says_which_version() -> None:
    from parcours.sources.package_data import version_of

    assert version_of("duckdb").count(".") >= 2
