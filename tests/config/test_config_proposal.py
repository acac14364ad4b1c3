"""A proposal is written so that its TOML says exactly its values, whatever texts are in values, keys and comments."""

from __future__ import annotations

import tomllib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from valuekit.config.proposal import Entry, Noted, Proposal, Section, cited, commented, listed, literal, written

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30) | st.sampled_from(
    [
        '"""',
        "'''",
        '"',
        "\\",
        "a\nb",
        "a\r\n[evil]\nx = 1",
        "# no",
        "\u2028[x]",
        "\x7f",
        "\x00",
        "🐙",
        "\u202egnp",
        "]",
        "a = 1",
    ]
)
SCALAR = TEXT | st.booleans() | st.integers(-(2**62), 2**62) | st.floats(allow_nan=False, allow_infinity=False)
NOTED = st.builds(Noted, TEXT, TEXT)
VALUE = SCALAR | st.lists(TEXT, max_size=6).map(tuple) | st.lists(NOTED, max_size=4).map(tuple)
ENTRY = st.builds(Entry, TEXT, VALUE, why=TEXT, active=st.booleans())
SECTION = st.builds(
    Section,
    st.tuples(st.sampled_from(["ih", "metrics"]), TEXT),
    st.lists(ENTRY, max_size=4, unique_by=lambda entry: entry.key).map(tuple),
    why=st.lists(TEXT, max_size=2).map(tuple),
    active=st.booleans(),
)


def _meant(proposal: Proposal) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for section in proposal.sections:
        if section.active:
            table = tree.setdefault(section.path[0], {}).setdefault(section.path[1], {})
            for entry in section.entries:
                if entry.active:
                    value = entry.value
                    listed = isinstance(value, tuple)
                    table[entry.key] = [getattr(one, "value", one) for one in value] if listed else value  # type: ignore[union-attr]
    return tree


@given(
    head=st.lists(TEXT, max_size=2),
    sections=st.lists(SECTION, max_size=4, unique_by=lambda section: (section.path, section.active)),
)
def test_any_texts_come_back_as_they_were(head: list[str], sections: list[Section]) -> None:
    proposal = Proposal(tuple(head), tuple(sections))
    text = written(proposal)
    assert tomllib.loads(text) == _meant(proposal)
    assert "\x7f" not in text
    assert all(line.isprintable() for line in text.split("\n") if line.startswith("#"))


@given(TEXT)
def test_a_comment_stays_a_comment(text: str) -> None:
    for line in commented(text):
        assert line.startswith("#")
        assert line.isprintable()
    assert tomllib.loads("\n".join(commented(f"{cited(text)} {listed([text])}"))) == {}


def test_a_text_of_the_data_gives_valuekit_no_instructions() -> None:
    label = "x # valuekit: ignore[VK406]"
    lines = [*commented(cited(label)), *commented(f"Valuekit  :ignore {label}")]
    assert not any("valuekit:" in line.lower().replace(" ", "") for line in lines)


def test_long_lists_are_one_item_a_line_and_short_ones_are_not() -> None:
    short = Entry("group_by", ("Day", "Channel"))
    long = Entry("columns", tuple(f"Column number {at}" for at in range(12)))
    labels = Entry("positive", (Noted("Clicked", "5 % of the rows"), Noted('o"dd', "")))
    text = written(Proposal((), (Section(("metrics", "x"), (short, long, labels)),)))
    assert 'group_by = ["Day", "Channel"]\n' in text
    assert '    "Column number 3",\n' in text
    assert '    "Clicked",  # 5 % of the rows\n    "o\\"dd",\n' in text


def test_what_is_not_active_can_be_switched_on_by_hand() -> None:
    off = Section(("metrics", "x"), (Entry("a", (Noted("b", "c"),), "why"),), why=("reason",), active=False)
    text = written(Proposal((), (off,)))
    assert tomllib.loads(text) == {}
    code = [line.removeprefix("# ") for line in text.splitlines() if line not in ("# reason", "# why")]
    assert tomllib.loads("\n".join(code)) == {"metrics": {"x": {"a": ["b"]}}}


def test_numbers_and_switches_are_toml() -> None:
    assert [literal(value) for value in (True, 1, 1e-10, "ä\n")] == ["true", "1", "1e-10", '"ä\\n"']
