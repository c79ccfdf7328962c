"""`parcours serve --site`: the pages of one folder, and nothing else of the machine."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator

import pytest

from parcours.testing.databases import fresh_database
from parcours.testing.served import Served, served
from parcours.web import site


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, postgres_url: str) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("beside")
    root = folder / "site"
    (root / "pictures").mkdir(parents=True)
    (root / ".git").mkdir()
    for name, text in (("index.html", "<p>Hello"), ("pictures/a.svg", "<svg/>"), (".git/a.html", "secret"),
                       ("a.py", "secret"), ("../secret.html", "secret")):  # fmt: skip
        (root / name).write_text(text)
    (root / "out.html").symlink_to(folder / "secret.html")
    with fresh_database(postgres_url) as database, served(database, pages=[site.pages(root, "k\"</script>")]) as made:
        yield made


def test_a_folder_of_pages_is_shown(shop: Served) -> None:
    page = shop.ask("GET", "/site/")
    assert (page.status, page.body) == (200, b"<p>Hello") and page.headers["content-type"].startswith("text/html")
    assert shop.ask("GET", "/site/pictures/a.svg").headers["content-type"] == "image/svg+xml"
    assert shop.ask("GET", "/site").body == b"<p>Hello"
    key = shop.ask("GET", "/site/key.js")
    assert json.loads(key.body.decode().partition(" = ")[2]) == 'k"</script>'


@pytest.mark.parametrize("path", [
    "../secret.html", "..%2fsecret.html", "%2e%2e/secret.html", "pictures/../../secret.html", "/etc/passwd", "out.html",
    ".git/a.html", "a.py", "pictures", "none.html", "%00.html", "..\\secret.html", "a" * 5000 + ".html",
])  # fmt: skip
def test_nothing_else_is(shop: Served, path: str) -> None:
    host = shop.url.removeprefix("http://")
    connection = http.client.HTTPConnection(host, timeout=30)
    connection.request("GET", "/site/" + path)  # as it stands: other clients tidy it first
    answer = connection.getresponse()
    assert answer.status == 404 and b"secret" not in answer.read()
    connection.close()
