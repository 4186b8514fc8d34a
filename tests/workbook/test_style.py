"""Every look can be read, and tiers are told apart with every kind of colour vision."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from sheetgen.workbook.style import (
    FORMATS,
    SURFACES,
    TIER_COLORS,
    WORDS,
    font_on,
    format_of,
    highlight_of,
    text_width,
)

ROLES = [*WORDS, *SURFACES, *(f"{surface}.{kind}" for surface in SURFACES for kind in FORMATS)]

# Machado, Oliveira and Fernandes 2009, severity 1.0, on linear RGB
VISION = {
    "normal": np.eye(3),
    "protan": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deutan": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritan": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)


def linear(color: str) -> np.ndarray:
    rgb = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    dark, light = sorted(float(TO_XYZ[1] @ linear(color)) for color in (one, other))
    return (light + 0.05) / (dark + 0.05)


def lab(color: str, vision: str) -> np.ndarray:
    seen = np.clip(VISION[vision] @ linear(color), 0, 1)
    t = TO_XYZ @ seen / np.array([0.95047, 1.0, 1.08883])
    f = np.where(t > 216 / 24389, np.cbrt(t), (24389 / 27 * t + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def nearest(colors: list[str], vision: str) -> float:
    points = [lab(color, vision) for color in colors]
    return min(float(np.linalg.norm(a - b)) for a, b in combinations(points, 2))


def test_the_contrast_formula_is_wcags():
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("role", ROLES)
def test_every_role_can_be_read(role):
    look = format_of(role)
    assert contrast(str(look.get("bg_color", "#FFFFFF")), str(look["font_color"])) >= 4.5


@pytest.mark.parametrize(("background", "font"), TIER_COLORS)
def test_a_role_with_colours_of_its_own(background, font):
    look = format_of(f"body.center{background}/{font}")
    assert (look["bg_color"], look["font_color"], look["align"]) == (background, font, "center")
    assert contrast(background, font) >= 4.5
    assert contrast(background, font_on(background)) >= 4.5


@pytest.mark.parametrize("vision", VISION)
def test_tiers_are_told_apart(vision):
    backgrounds = [background for background, _ in TIER_COLORS]
    assert len(backgrounds) == 8
    assert nearest(backgrounds[:5], vision) >= 14
    assert nearest(backgrounds, vision) >= 10


@pytest.mark.parametrize("vision", VISION)
def test_good_warn_and_bad_are_told_apart(vision):
    assert nearest([str(SURFACES[s]["bg_color"]) for s in ("good", "warn", "bad")], vision) >= 9.5


def test_roles_carry_what_staff_see():
    assert format_of("input.date") | {"locked": False, "num_format": "yyyy-mm-dd"} == format_of("input.date")
    assert "locked" not in format_of("body.date")
    assert format_of("body") == format_of("body.text")
    assert format_of("calc.percent")["num_format"] == "0.0%"
    assert format_of("body.id")["num_format"] == "@"
    assert "border" not in format_of("plain.text")
    assert format_of("body.link")["underline"] == 1
    assert set(highlight_of("tier_1")) == {"bg_color", "font_color", "bold"}


@pytest.mark.parametrize("role", ["", "bodi", "body.monay", "header.money"])
def test_an_unknown_role_is_refused(role):
    with pytest.raises(KeyError):
        format_of(role)


def test_a_look_is_the_callers_own():
    format_of("body")["bg_color"] = "#000000"
    assert format_of("body")["bg_color"] == "#FFFFFF"


@pytest.mark.parametrize(
    ("text", "width"), [("", 0), ("abc", 3), ("客户A", 5), ("（1）", 5), ("一二\nabc", 4), ("e\u0301", 1)]
)
def test_text_width(text, width):
    assert text_width(text) == width
