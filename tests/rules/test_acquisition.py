"""By which way a visit came: the examples follow Google's table of default channels, read by hand."""

from __future__ import annotations

import pytest

from parcours.project.acquisition import usual_acquisition
from parcours.rules.acquisition import Acquisition, AcquisitionRule

SHOP = "https://www.shop.example/tea"


def came(url: str = SHOP, referrer: str = "", source: str = "", medium: str = "", campaign: str = "") -> str | None:
    return usual_acquisition().of({"page_url": url, "referrer": referrer, "utm_source": source, "utm_medium": medium,
                                   "utm_campaign": campaign})  # fmt: skip


@pytest.mark.parametrize(
    ("told", "channel"),
    [
        ({}, "direct"),
        ({"source": "(direct)", "medium": "(none)"}, "direct"),
        ({"referrer": "https://shop.example/"}, "direct"),
        ({"referrer": "https://www.google.fr/"}, "organic_search"),
        ({"referrer": "https://duckduckgo.com"}, "organic_search"),
        ({"referrer": "android-app://com.google.android.googlequicksearchbox/"}, "organic_search"),
        ({"source": "bing", "medium": "organic"}, "organic_search"),
        ({"source": "google", "medium": "cpc"}, "paid_search"),
        ({"source": "Google", "medium": "CPC"}, "paid_search"),
        ({"url": SHOP + "?gclid=x1", "referrer": "https://www.google.fr/"}, "paid_search"),
        ({"url": SHOP + "?gclid="}, "direct"),
        ({"source": "google", "medium": "cpc", "campaign": "fr-shopping-tea"}, "paid_shopping"),
        ({"source": "google", "medium": "cpc", "campaign": "workshop"}, "paid_search"),
        ({"referrer": "https://l.facebook.com/l.php"}, "social"),
        ({"referrer": "https://t.co/x"}, "social"),
        ({"source": "instagram", "medium": "story"}, "social"),
        ({"source": "newsletter", "medium": "social-media"}, "social"),
        ({"source": "facebook", "medium": "paid_social"}, "paid_social"),
        ({"source": "youtube", "medium": "ppc"}, "paid_video"),
        ({"referrer": "https://www.youtube.com/watch?v=1"}, "organic_video"),
        ({"source": "news", "medium": "email"}, "email"),
        ({"source": "e-mail", "medium": "march"}, "email"),
        ({"source": "awin", "medium": "affiliate"}, "affiliate"),
        ({"source": "criteo", "medium": "display"}, "display"),
        ({"source": "criteo", "medium": "cpm"}, "display"),
        ({"source": "criteo", "medium": "retargeting"}, "paid_other"),
        ({"source": "crm", "medium": "sms"}, "sms"),
        ({"source": "crm", "medium": "web push"}, "push"),
        ({"referrer": "https://blog.example/tea"}, "referral"),
        ({"referrer": "https://mail.google.com/"}, "referral"),
        ({"source": "blog", "medium": "link"}, "referral"),
        ({"source": "leaflet", "medium": "qr"}, "other"),
        ({"source": "leaflet", "referrer": "https://www.google.fr/"}, "other"),
    ],
)
def test_the_channel_is_what_google_calls_it(told: dict[str, str], channel: str) -> None:
    assert came(**told) == channel


def test_without_a_page_nothing_is_said() -> None:
    assert came(url="") is None


def test_a_retailer_s_own_rules_come_first_and_the_page_where_one_pays_brings_nobody() -> None:
    own = Acquisition(own=("pay.example",), sites={"search": ("tea-finder",)}, clicks={"awc": "awin"},
                      rules=(AcquisitionRule(channel="leaflet", medium=("qr*",)),))  # fmt: skip
    both = own.before(usual_acquisition())
    assert both.of({"utm_source": "tram", "utm_medium": "QR-code"}) == "leaflet"
    assert both.of({"page_url": SHOP, "referrer": "https://www.pay.example/done"}) == "direct"
    assert both.of({"page_url": SHOP, "referrer": "https://tea-finder.example/"}) == "organic_search"
    assert both.of({"page_url": SHOP + "?awc=1_2"}) == "paid_other"
    assert both.of({"page_url": SHOP, "referrer": "https://bing.com/"}) == "organic_search", "ours hold too"


@pytest.mark.parametrize("odd", ["tea[", "été", "a|b", "a\\b"])
def test_what_engines_would_read_each_in_its_way_is_refused(odd: str) -> None:
    with pytest.raises(ValueError, match="cannot be looked for"):
        AcquisitionRule(channel="tea", medium=(odd,))
