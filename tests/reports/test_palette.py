"""The colours of reports stand out from their background, and from each other for the colour-blind, too."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from valuekit.reports.palette import DARK, LIGHT, Palette

Color = NDArray[np.float64]

# Machado, Oliveira and Fernandes (2009), severity 1.0, in linear RGB.
SIGHTS: dict[str, Color] = {
    "full": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
LMS = np.array([[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566],
                [0.0883024619, 0.2817188376, 0.6299787005]])  # fmt: skip
OKLAB = np.array([[0.2104542553, 0.7936177850, -0.0040720468], [1.9779984951, -2.4285922050, 0.4505937099],
                  [0.0259040371, 0.7827717662, -0.8086757660]])  # fmt: skip
each_palette = pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
each_sight = pytest.mark.parametrize("sight", SIGHTS)


def _linear(color: str) -> Color:
    channels = np.array([int(color[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    return np.asarray(np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4))


def _luminance(color: str) -> float:
    return float(_linear(color) @ np.array([0.2126, 0.7152, 0.0722]))


def _contrast(first: str, second: str) -> float:
    low, high = sorted((_luminance(first), _luminance(second)))
    return (high + 0.05) / (low + 0.05)


def _seen(color: str, sight: str) -> Color:
    """A colour in OKLab, as somebody sees it."""
    return np.asarray(OKLAB @ np.cbrt(LMS @ np.clip(SIGHTS[sight] @ _linear(color), 0, 1)))


@each_palette
def test_colours_stand_out_from_the_background(palette: Palette) -> None:
    for paper in (palette.background, palette.surface):
        assert _contrast(palette.text, paper) >= 7
        for color in (palette.muted, palette.better, palette.worse, palette.accent):
            assert _contrast(color, paper) >= 4.5, color
    for color in palette.categorical:
        assert _contrast(color, palette.background) >= 3, color


@each_palette
@each_sight
def test_categories_stay_apart(palette: Palette, sight: str) -> None:
    seen = [_seen(color, sight) for color in palette.categorical]
    distances = [float(np.linalg.norm(first - second)) for first, second in combinations(seen, 2)]
    assert min(distances) > 0.06
    assert len(palette.categorical) == 10


@each_palette
@each_sight
def test_ramps_go_one_way(palette: Palette, sight: str) -> None:
    lightness = [float(_seen(color, sight)[0]) for color in palette.sequential]
    steps = [later - earlier for earlier, later in pairwise(lightness)]
    assert len({step > 0 for step in steps}) == 1
    middle = len(palette.diverging) // 2
    for half in (palette.diverging[: middle + 1], palette.diverging[middle:][::-1]):
        towards = [float(_seen(color, sight)[0]) for color in half]
        assert towards == sorted(towards, reverse=palette is DARK)
