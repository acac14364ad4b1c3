"""JSON that is not one object per line: arrays and objects spread over lines."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from valuekit.sources import documents
from valuekit.sources.pega import PegaExport

if TYPE_CHECKING:
    from pathlib import Path

    from sources.conftest import Read, Refusal

VALUES = st.recursive(
    st.none() | st.integers(-99, 99) | st.text(st.sampled_from('ab"\\{}[],:\n é'), max_size=6),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from('x"}'), inner, max_size=2),
    max_leaves=4,
)
OBJECTS = st.lists(st.dictionaries(st.sampled_from(["a", "b{", 'c"']), VALUES, max_size=3), max_size=12)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    objects=OBJECTS,
    indent=st.sampled_from([None, 0, 2]),
    end=st.sampled_from(["", "\n", "\r\n\n"]),
    sizes=st.sampled_from([(64, 7), (64, 1 << 20), (1 << 20, 7)]),
)
def test_an_array_gives_its_objects(
    objects: list[dict[str, object]], indent: int | None, end: str, sizes: tuple[int, int], tmp_path: Path
) -> None:
    text = json.dumps(objects, indent=indent) + end
    path = tmp_path / "array"
    path.write_text(text, encoding="utf-8", newline="")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(documents, "PIECE", sizes[1])
        batches = list(PegaExport(sizes[0]).batches(path, lambda names: names))
    assert [one for batch in batches for one in batch.rejected] == []
    found = [row for batch in batches for row in batch.frame.to_dicts()]
    assert [{name: text for name, text in row.items() if text is not None} for row in found] == [
        {name: as_text(value) for name, value in one.items() if value is not None} for one in objects
    ]
    if indent is not None:
        starts = [number for number, line in enumerate(text.split("\n"), 1) if line.startswith(" " * indent + "{")]
        lines = [line for batch in batches for line in batch.lines]
        assert set(lines) <= set(starts)
        assert lines == sorted(lines)


def as_text(value: object) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def test_objects_spread_over_lines(read: Read) -> None:
    content = read(b'{\n  "a": 1,\n  "b": [\n    2\n  ]\n}\n\n{\n  "a": NaN\n}')
    assert content.rows == [{"a": "1", "b": "[2]"}, {"a": "NaN", "b": None}]
    assert content.lines == [1, 8]


def test_a_broken_element_is_named_and_the_rest_is_read(read: Read) -> None:
    content = read(b'[\n{"a": 1},\n{"a": 2,},\n{"a": "x},\n{"a": 3}},\n7, "s, t", [{"a": 1}],\n{"a": 4}\n]\n')
    assert content.rows == [{"a": "1"}, {"a": "4"}]
    assert content.lines == [2, 7]
    reasons = [(one.line, one.reason) for one in content.rejected]
    assert reasons[0] == (3, "not valid JSON: expecting property name enclosed in double quotes at column 9")
    assert {line for line, _ in reasons} == {3, 4, 6}
    assert [reason for line, reason in reasons if line == 6] == ["not a JSON object"] * 3


@pytest.mark.parametrize("text", [b"[]", b"[ ]\n", b" [\n]"])
def test_an_empty_array_has_no_rows(read: Read, text: bytes) -> None:
    assert read(text).rows == []


@pytest.mark.parametrize("text", [b'[{"a": 1}, {"a"', b'[{"a": 1}', b'[{"a": 1},\n', b"["])
def test_an_array_without_its_end_is_refused(refusal: Refusal, text: bytes) -> None:
    assert refusal(text).startswith("the JSON is cut off: it ends inside an ")


def test_an_array_in_a_line_is_one_broken_row(read: Read) -> None:
    content = read(b'[{"a": 1}]\n{"a": 2}\n')
    assert (content.rows, [one.line for one in content.rejected]) == ([{"a": "2"}], [1])


def test_an_element_that_never_ends_is_not_held(refusal: Refusal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "MAX_LINE", 1000)
    monkeypatch.setattr(documents, "PIECE", 100)
    assert "never ends" in refusal(b'[{"a": 1},\n{"a": "' + b"x" * 5000 + b'"}]')
