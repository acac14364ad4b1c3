"""Canonical names: Pega's, whatever prefix and case they came in."""

from __future__ import annotations

import pytest

from valuekit.facts.names import candidates, canonical, resolve


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("pxInteractionID", "InteractionID"),
        ("pxinteractionid", "InteractionID"),
        ("PXINTERACTIONID", "InteractionID"),
        ("interaction_id", "InteractionID"),
        ("customerid", "CustomerID"),
        ("CUSTOMER_ID", "CustomerID"),
        ("modelcontrolgroup", "ModelControlGroup"),
        ("pyName", "Name"),
        ("pzInsKey", "InsKey"),
        ("pyramid", "Pyramid"),
        ("myOwnColumn", "MyOwnColumn"),
        ("Größe", "Größe"),
        ("_partition", "Partition"),
    ],
)
def test_canonical(source: str, expected: str) -> None:
    assert canonical(source) == expected


def test_every_candidate_means_the_same_column() -> None:
    assert {canonical(source) for source in candidates("Channel")} == {"Channel"}


def test_a_collision_keeps_both_and_is_reported() -> None:
    resolved = resolve(["Name", "pyName", "pyChannel"], {})
    assert resolved.sources == {"Name": "pyName", "Channel": "pyChannel", "Name_2": "Name"}
    assert len(resolved.collisions) == 1
    assert "Name_2" in resolved.collisions[0]


def test_collisions_do_not_depend_on_the_order_of_columns() -> None:
    seen = ["name", "pyName", "NAME", "pxName"]
    assert resolve(seen, {}).sources == resolve(seen[::-1], {}).sources


def test_names_that_differ_only_in_case_collide() -> None:
    assert set(resolve(["myColumn", "MYCOLUMN"], {}).sources) == {"MyColumn", "MYCOLUMN_2"} or set(
        resolve(["myColumn", "MYCOLUMN"], {}).sources
    ) == {"MYCOLUMN", "MyColumn_2"}


def test_a_configured_source_wins() -> None:
    resolved = resolve(["pyChannel", "Kanal"], {"Channel": "Kanal"})
    assert resolved.sources["Channel"] == "Kanal"
    assert "pyChannel" in resolved.sources.values()
