"""`explain`: every score of every family, in words, with SQL that runs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import duckdb
import pytest

from valuekit.metrics.registry import CATALOGUES

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Call = Callable[..., Any]

SCORES = sorted({score.name for family in CATALOGUES.values() for score in family.catalogue})
COLUMNS = {
    "Propensity": "DOUBLE",
    "FinalPropensity": "DOUBLE",
    "ResponseTime": "DOUBLE",
    "ModelControlGroup": "VARCHAR",
    "_positive": "BOOLEAN",
    "_revenue": "DOUBLE",
    "_touchpoints": "BIGINT",
    "group": "VARCHAR",
}


def body(call: Call, name: str) -> Any:
    return json.loads(call("explain", name, "--format", "json").out)["score"]


@pytest.fixture(scope="module")
def rows() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    columns = ", ".join(f'"{name}" {kind}' for name, kind in COLUMNS.items())
    connection.execute(f"CREATE TABLE rows ({columns})")
    connection.execute(
        """
        INSERT INTO rows VALUES
            (0.1, 0.2, 3, 'Test', TRUE, 1, 1, 'a'), (0.3, 0.4, 5, 'Control', FALSE, 0, 0, 'b')
        """
    )
    return connection


@pytest.mark.parametrize("name", [*SCORES, "p99"])
def test_every_score_is_explained(name: str, call: Call, rows: duckdb.DuckDBPyConnection) -> None:
    text = call("explain", name).out
    found = body(call, name)
    assert text.startswith(f"{name} (")
    assert found["name"] == name
    for field in ("formula", "kind", "null_when", "stored"):
        assert found[field] in text
    for meaning in (found, *found["differs"]):
        stated = {**found, **meaning}
        assert stated["states"] or stated["from_facts"]
        if stated["rows"] != "purchases":
            assert (stated["kind"] == "holistic") == (not stated["states"])
        for state in stated["states"]:
            rows.execute(f"CREATE OR REPLACE TEMP TABLE cells AS {state['build']}")
            columns = [column["name"] for column in state["columns"]]
            assert rows.execute("DESCRIBE cells").fetchall()[1:] == [
                (column["name"], column["type"], "YES", None, None, None) for column in state["columns"]
            ]
            merged = rows.sql(f"SELECT * FROM ({state['merge']}) ORDER BY 1")
            assert merged.columns == ["group", *columns]
            assert len(merged.fetchall()) == 2


def test_a_score_of_several_families_lists_what_differs(call: Call) -> None:
    found = body(call, "lift")
    assert found["families"] == ["engagement", "conversion", "experiment"]
    (other,) = found["differs"]
    assert other["families"] == ["experiment"]
    assert other["formula"] != found["formula"]
    assert "unit" not in other
    text = call("explain", "Lift").out
    assert "In experiment:" in text
    assert text.count("p_T/p_C - 1") == 1


def test_a_holistic_score_says_what_it_is_computed_from(call: Call) -> None:
    found = body(call, "AvgTouchpoints")
    assert found["states"] == []
    assert found["from_facts"] == "always: over the positive rows that count, from CustomerID, ConversionEventID"
    text = call("explain", "AvgTouchpoints").out
    assert "from the facts at the grain asked for" in text
    assert "SELECT" not in text


def test_what_can_be_exact_says_so(call: Call) -> None:
    assert "use_t_digest = false" in body(call, "p10")["from_facts"]
    assert body(call, "Mean")["from_facts"] is None


@pytest.mark.parametrize("name", ["P99", "p99"])
def test_percentiles_are_scores(name: str, call: Call) -> None:
    found = body(call, name)
    assert (found["name"], found["families"]) == ("p99", ["descriptive"])
    assert "0.99" in found["formula"]
    assert [state["state"] for state in found["states"]] == ["ResponseTime.digest"]


@pytest.mark.parametrize("family", CATALOGUES)
def test_a_family_lists_its_scores_with_their_kind(family: str, call: Call) -> None:
    listed = json.loads(call("explain", family, "--format", "json").out)["family"]["scores"]
    assert [(score["name"], score["kind"]) for score in listed] == [
        (score.name, score.kind) for score in CATALOGUES[family].catalogue
    ]
    lines = call("explain", family).out.splitlines()[1:]
    assert [line.split()[:2] for line in lines] == [[score["name"], score["kind"]] for score in listed]


def test_an_unknown_name_gets_the_nearest(call: Call) -> None:
    done = call("explain", "roc_auk")
    assert done.code == 2
    assert 'Did you mean "roc_auc"?' in done.err
