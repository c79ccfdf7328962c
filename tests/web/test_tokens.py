from __future__ import annotations

import re
from importlib.resources import files

import pytest

TOKENS = (files("parcours.web") / "static" / "tokens.css").read_text(encoding="utf-8")
LIGHT, DARK = TOKENS.split("@media screen and (prefers-color-scheme: dark)")


def colours(theme: str) -> dict[str, tuple[int, int, int]]:
    found = {}
    for name, digits in re.findall(r"--([\w-]+): #([0-9a-f]{3,6});", theme):
        full = digits if len(digits) == 6 else "".join(digit * 2 for digit in digits)
        found[name] = (int(full[:2], 16), int(full[2:4], 16), int(full[4:], 16))
    return found


def luminance(colour: tuple[int, int, int]) -> float:
    """Relative luminance (WCAG 2.2)."""
    parts = [part / 255 for part in colour]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: tuple[int, int, int], other: tuple[int, int, int]) -> float:
    """How far two colours stand apart (WCAG 2.2): 1 the same, 21 black on white."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_worked_out_as_wcag_does() -> None:
    assert contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)
    assert contrast((119, 119, 119), (255, 255, 255)) == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_text_and_charts_can_be_read(theme: str) -> None:
    c = colours(theme)
    for ground in ("bg", "card"):
        for text in ("ink", "muted", "good", "bad", "warn", "info", "brand"):
            assert contrast(c[text], c[ground]) >= 5.3, f"{text} on {ground}"
    for badge in ("good", "bad", "warn", "info"):
        assert contrast(c[badge], c[f"{badge}-soft"]) >= 4.5, badge
    for tone in range(1, 7):
        assert contrast(c[f"tone-{tone}"], c["card"]) >= 3, f"tone-{tone}"


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_numbers_can_be_read_on_every_step_of_a_heat_map(theme: str) -> None:
    c = colours(theme)
    for step in range(10):
        text = "ink" if step < 8 else "on-brand"
        assert contrast(c[text], c[f"heat-{step}"]) >= 4.5, f"{text} on heat-{step}"


def test_paper_is_always_light() -> None:
    assert "prefers-color-scheme" not in LIGHT
    assert TOKENS.count("@media") == TOKENS.count("@media screen and")
