"""The page writes numbers, dates and texts as the other formats do: many values of every unit, in a real browser."""

from __future__ import annotations

import json
import math
import random
import struct
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pytest

import report_examples as examples
from valuekit.reports.numbers import DIFFERENCE, SHORT, UNITS, shown, shown_interval, shown_key
from valuekit.reports.page import assembly
from valuekit.reports.values import exact, exact_text

PARTS = ("rounding", "plain", "numbers")


@pytest.fixture(scope="module")
def script(browser: Any) -> Iterator[Any]:
    texts = [files(assembly.__package__).joinpath(f"interface/{name}.js").read_text(encoding="utf-8") for name in PARTS]
    page = browser.new_page()
    names = "shown, shownInterval, shownKey, exactText, exactNumber, roundedUp"
    page.add_script_tag(content="globalThis.wording = (() => {\n" + "\n".join(texts) + f"\nreturn {{{names}}};\n}})();")
    yield page
    page.close()


def called(script: Any, name: str, calls: list[list[object]]) -> list[Any]:
    """Call a function of the page for each list of arguments."""
    run = "([name, calls]) => JSON.stringify(JSON.parse(calls).map((one) => wording[name](...one)))"
    found: list[Any] = json.loads(script.evaluate(run, [name, json.dumps(calls)]))
    return found


def numbers() -> list[float]:
    """Of all sizes, with few digits and with many, half way between two roundings, and at the edges of formats."""
    rng = random.Random(5)  # noqa: S311 - test data
    found = [
        0.0,
        -0.0,
        0.5,
        1.5,
        2.5,
        0.125,
        0.375,
        0.0005,
        0.001,
        0.00999995,
        0.01,
        0.0099999,
        0.999999,
        999.5,
        999.4999,
    ]
    found += [1e-7, 5e-324, 1e15, 999999999999999.9, 1e16, 1e21, 1.7e308, 1e-4, 9.9999e-5, 2.675, 1.005, 1234.5, 0.045]
    found += [
        sign * 10.0**power * digit for power in range(-12, 18) for digit in (1, 9.995, 9.5, 2.25) for sign in (1, -1)
    ]
    found += [rng.random() for _ in range(1_500)]
    found += [rng.randrange(10**12) / 8 for _ in range(500)]
    found += [round(rng.random(), 4) * 10 ** rng.randrange(6) for _ in range(1_000)]
    found += [rng.gauss(0, 1) * 10 ** rng.uniform(-10, 14) for _ in range(1_500)]
    for _ in range(1_000):
        value = struct.unpack("<d", struct.pack("<Q", rng.getrandbits(64)))[0]
        found += [value] if math.isfinite(value) else []
    return found


@pytest.mark.parametrize("unit", sorted([*UNITS, *(f"{DIFFERENCE}{unit}" for unit in UNITS)]))
def test_numbers_of_every_unit(script: Any, unit: str) -> None:
    most = {"count": 1e15, "rate": 1e300, "change": 1e300}.get(unit.removeprefix(DIFFERENCE), math.inf)
    values = [value for value in numbers() if abs(value) < most]
    values += [0, 7, 999, 1000, -1234567] if unit.endswith("count") else []
    assert set(SHORT) == set(UNITS)
    for short in (True, False):
        found = called(script, "shown", [[exact(value), unit, short] for value in values])
        assert found == [shown(value, unit, short=short) for value in values]


def test_intervals(script: Any) -> None:
    rng = random.Random(9)  # noqa: S311 - test data
    pairs = [(rng.random(), rng.random(), unit) for unit in UNITS for _ in range(40)] + [(None, 1.0, "rate")]
    for short in (True, False):
        found = called(script, "shownInterval", [[exact(low), exact(high), unit, short] for low, high, unit in pairs])
        assert found == [shown_interval(low, high, unit, short=short) for low, high, unit in pairs]


def test_exact_texts(script: Any) -> None:
    values = numbers()
    assert called(script, "exactText", [[exact(value), True] for value in values]) == list(map(exact_text, values))
    assert [float(value) for value in called(script, "exactNumber", [[value] for value in values])] == list(
        map(exact, values)
    )
    wholes = [0, 1, -5, 2**31, 10**15 - 1]
    assert called(script, "exactText", [[value, False] for value in wholes]) == list(map(exact_text, wholes))


def test_texts_of_dimensions(script: Any) -> None:
    odd = [
        *examples.ODD,
        "a\tb\nc\r",
        " x ",
        "\u2028\u2029\xad\ufeff",
        "\u3000e\u3000",
        "e\u0301",
        "\U000e0041\ue000",
        "\U0001f3f3\ufe0f\u200d\U0001f308 \U0001f469\U0001f3fd\u200d\u2695\ufe0f \U0001f642\u200d\u2194\ufe0f",
        "a\u200db \u200d\U0001f469\u200d \U0001f469\u200d\u200d\U0001f469\u200d\u202e\U0001f469",
        True,
        False,
        2026,
    ]
    odd += [chr(code) for code in range(0x20, 0x3000) if chr(code).isprintable() or code < 0x100]
    assert called(script, "shownKey", [[value] for value in odd]) == list(map(shown_key, odd))


def test_errors_are_never_shown_smaller(script: Any) -> None:
    rng = random.Random(3)  # noqa: S311 - test data
    values = [10 ** rng.uniform(-9, 3) for _ in range(300)]
    for value, up in zip(values, called(script, "roundedUp", [[value, "ratio"] for value in values]), strict=True):
        assert value * (1 - 1e-9) <= up <= value * 1.11
    assert called(script, "roundedUp", [[0.2, "count"], [3.0, "count"]]) == [1, 3]
