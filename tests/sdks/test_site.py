"""The corner shop's pages in a browser: slots are filled without flicker, consent is kept, nothing breaks a page."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from parcours import flow
from parcours.project import load
from parcours.server import keys
from parcours.state.queries import Query
from parcours.testing.databases import fresh_database
from parcours.testing.served import Served, served
from parcours.web import site

HERE = Path(__file__).parent
SHOP = HERE.parents[1] / "examples" / "corner_shop"
CHROMIUM = shutil.which("chromium")
PATIENCE = 20.0  # seconds an event may take to arrive
# How long the page's slots are hidden: `over`.
HIDDEN = """new MutationObserver(() => {
  const hidden = document.documentElement?.classList.contains('parcours-wait')
  if (hidden && !window.since) window.since = performance.now()
  if (!hidden && window.since && !window.over) window.over = performance.now() - window.since
}).observe(document, {subtree: true, childList: true, attributes: true})"""
EVENTS = Query("events", "What arrived.", "SELECT kind, name, body FROM collected ORDER BY number")
pytestmark = [
    pytest.mark.sdk,
    pytest.mark.skipif(
        not ((HERE / "node_modules").is_dir() and CHROMIUM), reason="make test-sdks installs the libraries"
    ),
]


@dataclass
class Browser:
    """A browser, and the shop it looks at."""

    shop: Served
    say: Callable[[str], Any]
    pictures: Path

    def go(self, path: str) -> None:
        self.say(f"page.goto({json.dumps(self.shop.url + path)})")

    def page(self, expression: str) -> Any:
        return self.say(f"page.evaluate({json.dumps(expression)})")

    def wait(self, expression: str) -> Any:
        return self.say(f"page.waitForFunction({json.dumps(expression)}, null, {{timeout: 20000}}).then(() => true)")

    def keys(self, slot: str) -> list[str]:
        shown = f"[...document.querySelectorAll('[data-parcours-slot={slot}] [data-parcours-key]')]"
        return self.page(f"{shown}.map((each) => each.dataset.parcoursKey)")

    def picture(self, name: str) -> None:
        self.say(f"page.screenshot({{path: {json.dumps(str(self.pictures / name))}}})")

    def events(self, name: str) -> list[dict[str, Any]]:
        return [json.loads(row["body"]) for row in self.shop.database.run(EVENTS) if row["name"] == name]

    def arrived(self, name: str) -> list[dict[str, Any]]:
        """The events of a name, as soon as there is one."""
        until = time.monotonic() + PATIENCE
        while not (found := self.events(name)) and time.monotonic() < until:
            time.sleep(0.05)
        return found

    def decides(self, answer: str) -> None:
        """Has another than our server answer what slots are asked."""
        self.say(f"page.route('**/v1/decide', {answer})")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, postgres_url: str) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("site") / "corner_shop"
    shutil.copytree(SHOP, folder, ignore=shutil.ignore_patterns("warehouse", "out", "state"))
    project = load(folder, flow.kinds())
    flow.run(project, now=datetime.now(UTC), progress=lambda *_: None)
    with fresh_database(postgres_url) as database:
        flow.publish(project, database)
        key = keys.make(database, "web", ["collect", "decide"])[1]
        with served(database, project=project, key=key, pages=[site.pages(folder / "site", key)]) as shop:
            yield shop


@pytest.fixture(scope="module")
def chromium(running: Served, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    pictures = Path(os.environ.get("PARCOURS_PICTURES") or tmp_path_factory.mktemp("pictures"))
    piped = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "bufsize": 1}
    with subprocess.Popen(["node", "drive.mjs", str(CHROMIUM)], cwd=HERE, **piped) as process:  # type: ignore[call-overload]
        assert process.stdin is not None and process.stdout is not None
        told, said = process.stdin, process.stdout
        assert said.readline() == '"ready"\n'

        def say(expression: str) -> Any:
            told.write(json.dumps(expression) + "\n")
            answer = json.loads(said.readline())
            assert "wrong" not in answer, answer
            return answer["said"]

        yield Browser(running, say, pictures)
        told.close()


@pytest.fixture
def browser(chromium: Browser) -> Iterator[Browser]:
    """A browser that was never here."""
    chromium.shop.database.run(Query("emptied", "Empties.", "TRUNCATE collected"))
    chromium.say("fresh()")
    chromium.say("patient()")
    yield chromium
    assert chromium.say("errors") == [], "something was thrown into the page"


def test_before_consent_slots_are_filled_by_the_moment_and_nothing_is_stored_or_sent(browser: Browser) -> None:
    browser.go("/site/?weather=rain&language=fr")
    browser.wait("document.querySelector('[data-parcours-slot=home_block] [data-parcours-key]')")
    assert browser.keys("home_hero") == ["rain"]
    assert browser.page("document.querySelector('.hero h1').textContent") == "Il pleut : un thé et un plaid"
    assert len(browser.keys("for_you")) == 4 and len(browser.keys("home_block")) == 1
    browser.page("addEventListener('click', (event) => event.preventDefault())")
    browser.say("page.click('[data-parcours-slot=home_block] a')")
    browser.picture("home_before_consent.png")
    assert browser.page("Object.keys(localStorage).length + document.cookie.length") == 0
    assert browser.say("context.cookies()") == []
    assert browser.shop.database.run(EVENTS) == []


def test_after_consent_what_is_seen_and_clicked_arrives_with_its_decision(browser: Browser) -> None:
    browser.go("/site/")
    browser.say("page.click('[data-said=yes]')")
    browser.go("/site/?language=en")
    browser.wait("document.querySelector('[data-parcours-slot=home_block] [data-parcours-key]')")
    assert browser.page("localStorage.getItem('parcours_id')")
    browser.picture("home_after_consent.png")
    shown = browser.arrived("Decision Shown")
    assert shown, "half of it was seen for a second"
    (key,) = browser.keys("home_block")
    browser.say("page.click('[data-parcours-slot=home_block] a')")
    (clicked,) = browser.arrived("Decision Clicked")
    assert (clicked["properties"]["slot"], clicked["properties"]["key"]) == ("home_block", key)
    assert clicked["context"]["consent"] == {"categoryPreferences": {"personalisation": True, "marketing": True}}
    kept = browser.shop.database.run(Query("kept", "Decisions.", "SELECT decision::text AS id, slot FROM decisions"))
    assert {row["slot"] for row in kept if row["id"] == clicked["properties"]["decision_id"]} == {"home_block"}


def test_consent_that_is_taken_back_is_told_once_and_the_id_is_gone(browser: Browser) -> None:
    browser.go("/site/")
    browser.say("page.click('[data-said=yes]')")
    browser.page("parcours.track('Cart Viewed')")
    assert browser.arrived("Cart Viewed")
    browser.page("parcours.consent({personalisation: false})")
    (told,) = browser.arrived("Segment Consent Preference Updated")
    assert told["context"]["consent"]["categoryPreferences"]["personalisation"] is False
    browser.page("parcours.track('Cart Viewed')")
    assert browser.page("localStorage.length") == 0
    assert len(browser.events("Cart Viewed")) == 1


def test_the_id_that_segment_s_library_gave_is_used(browser: Browser) -> None:
    browser.go("/site/")
    browser.page("localStorage.setItem('ajs_anonymous_id', JSON.stringify('segment-7'))")
    browser.page("parcours.consent({personalisation: true}); parcours.track('Cart Viewed')")
    (told,) = browser.arrived("Cart Viewed")
    assert told["anonymousId"] == "segment-7" and browser.page("localStorage.getItem('parcours_id')") is None


@pytest.mark.parametrize("answer", [
    "(route) => setTimeout(() => route.continue(), 1200)", "(route) => route.abort()",
    "(route) => route.fulfill({status: 500, body: 'no'})", "(route) => route.fulfill({status: 200, body: '<html>'})",
    "(route) => route.fulfill({status: 200, body: '{\"decisions\": [null, {\"slot\": 3}]}'})",
], ids=["slow", "away", "failing", "html", "nonsense"])  # fmt: skip
def test_a_slow_or_failing_server_leaves_the_page_as_it_was_written(browser: Browser, answer: str) -> None:
    browser.say("fresh()")  # for which time passes
    browser.decides(answer)
    browser.say(f"page.addInitScript({{content: {json.dumps(HIDDEN)}}})")
    browser.go("/site/?weather=rain")
    browser.wait("window.over")
    assert browser.page("window.over") < 300 + 200, "300 ms, and what a busy machine adds"
    assert browser.page("getComputedStyle(document.querySelector('.hero')).visibility") == "visible"
    browser.wait("performance.now() > 1600")
    assert browser.keys("home_hero") == [] and browser.keys("home_block") == []
    assert "The shop around the corner" in browser.page("document.querySelector('.hero').innerText")
    assert browser.page("parcours.decide('home_hero').then((found) => Array.isArray(found))") is True


def test_whatever_stands_in_a_catalogue_is_text_and_links_lead_to_pages_only(browser: Browser) -> None:
    evil = {"decision_id": "d", "slot": "home_hero", "how": "chosen", "items": [{
        "key": '"><b>', "article": None, "content": {
            "text": "<img src=x onerror=alert(1)>", "link": "javascript:alert(1)",
            "picture": "data:text/html,<script>alert(1)</script>"}}]}  # fmt: skip
    told = json.dumps(json.dumps({"decisions": [evil]}))
    browser.decides(f"(route) => route.fulfill({{status: 200, body: {told}}})")
    browser.go("/site/")
    browser.wait("document.querySelector('.hero [data-parcours-key]')")
    assert browser.page("document.querySelector('.hero h1').textContent") == "<img src=x onerror=alert(1)>"
    assert browser.page("document.querySelector('.hero a').hasAttribute('href')") is False
    assert browser.page("document.querySelectorAll('.hero img, .hero script').length") == 0


def test_a_feed_scrolls_to_its_end_without_showing_anything_twice_or_what_cannot_be_bought(browser: Browser) -> None:
    browser.go("/site/feed.html?language=en")
    browser.wait("document.querySelectorAll('[data-parcours-slot=feed] [data-parcours-key]').length >= 4")
    browser.picture("feed_top.png")
    many, before = 4, 0
    while many > before:
        before = many
        browser.page("window.scrollTo(0, document.body.scrollHeight)")
        browser.say("page.waitForLoadState('networkidle')")
        many = len(browser.keys("feed"))
    browser.picture("feed_end.png")
    found = browser.keys("feed")
    assert len(found) > 8 and len(set(found)) == len(found)
    assert "COM-01" not in found, "it is not sold any more"
    assert browser.page("document.querySelector('.feed .price').textContent").startswith("€")


def test_what_somebody_says_they_like_comes_first(browser: Browser) -> None:
    browser.go("/site/")
    browser.say("page.click('[data-said=yes]')")
    browser.say("page.click('a[data-parcours-questionnaire]')")
    browser.say("page.waitForSelector('fieldset')")
    assert browser.page("location.search.includes('visitor=')") and browser.page("document.scripts.length") == 0
    browser.picture("questionnaire.png")
    browser.say("page.check('input[value=\"Petits Bois\"]')")
    browser.say("page.check('input[value=\"Lueurs\"]')")
    browser.say("page.click('button')")
    browser.say("page.waitForSelector('[role=status]')")
    browser.picture("thanks.png")
    browser.go("/site/?language=fr")
    browser.wait("document.querySelectorAll('[data-parcours-slot=for_you] [data-parcours-key]').length == 4")
    browser.picture("brands_you_like.png")
    assert set(browser.keys("for_you")[:2]) <= {"PEL-01", "BOU-01", "BOU-02"}


def test_the_other_pages_of_the_shop(browser: Browser) -> None:
    browser.go("/site/product.html?id=THE-01&language=fr")
    browser.wait("document.querySelector('[data-parcours-slot=for_you] [data-parcours-key]')")
    browser.say("page.click('#add')")
    browser.picture("product.png")
    browser.go("/site/cart.html?language=fr")
    browser.wait("document.querySelector('[data-parcours-slot=feed] [data-parcours-key]')")
    browser.picture("cart.png")
    assert "10,55" in browser.page("document.getElementById('total').textContent")
    browser.say("page.setViewportSize({width: 390, height: 800})")
    browser.go("/site/?weather=rain")
    browser.wait("document.querySelector('.hero [data-parcours-key]')")
    browser.picture("home_phone.png")
    assert browser.page("document.documentElement.scrollWidth <= 390")
