"""Positions: tomllib is the oracle for which key paths exist, what a span holds, and where a character stands."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from valuekit.config.findings import KeyPath, Position
from valuekit.config.positions import Positions, Span, scan, string_offsets

if TYPE_CHECKING:
    from collections.abc import Iterator

HARD = r'''# a comment with [brackets] = "and more"
"quoted key" = 1
'literal.key' = 0xF
a . b."c.d" . 'e' = { x = 1, "y z".w = [ { p = "}" }, ] } # trailing ]
empty = ""
quotes = """a""b\"""c"""""
LITERAL
folded = """\
   one \

   two"""
dates = [1979-05-27 07:32:00, 1979-05-27T00:32:00.999-07:00, 07:32:00,
  # a comment, [1]
  1979-05-27 ,
]
floats = [+1.0, -inf, nan, 1e+10]
"\u0041\"\\" = true
"" = [[], [[1], {}], [""]]
[[fruit]]
name = "apple"
[fruit.physical]
color = "red"
[[fruit.variety]]
name = "red delicious"
[[fruit.variety]]
name = 'granny "smith"'
[[fruit]]
[[fruit.variety]]
[  spaced .  "out" ]
[x.y.z.w]
[x]
d.e = 1
d.f.g = 2
[under_score-dash.1234]
é = "no"
'''.replace("LITERAL", "literal = ''''two'' quotes'''''").replace('é = "no"', '"é" = "ünïcode \\U0001F600 ok"')


def key_paths(node: object, path: KeyPath = ()) -> Iterator[KeyPath]:
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for part, child in children:
        yield (*path, part)
        yield from key_paths(child, (*path, part))


def at(node: object, path: KeyPath) -> object:
    for part in path:
        node = node[part]  # type: ignore[index]  # the oracle gave the path
    return node


def agrees_with_tomllib(text: str) -> None:
    tree = tomllib.loads(text)
    text = text.replace("\r\n", "\n")
    located = scan(text)
    assert set(located) == set(key_paths(tree))
    for path, place in located.items():
        value = at(tree, path)
        if isinstance(path[-1], str):
            assert tomllib.loads(text[place.key.start : place.key.end] + " = 1") == {path[-1]: 1}
        raw = text[place.value.start : place.value.end]
        if (
            not isinstance(value, dict | list)
            or raw.startswith("{")
            or (raw.startswith("[") and isinstance(value, list))
        ):
            if raw.startswith("[["):
                continue  # a header, or a list of lists whose elements are compared one by one
            assert repr(tomllib.loads("v = " + raw)["v"]) == repr(value)
        if isinstance(value, str):
            offsets_agree(text, place.value, value)


def offsets_agree(text: str, span: Span, value: str) -> None:
    raw = text[span.start : span.end]
    quote = raw[:3] if len(raw) >= 6 and raw[:3] in {'"""', "'''"} else raw[0]
    offsets = string_offsets(text, span)
    assert len(offsets) == len(value) + 1
    for index, offset in enumerate(offsets):
        prefix = text[span.start : max(offset, span.start + len(quote))]
        assert tomllib.loads(f"v = {prefix}{quote}")["v"] == value[:index]


BARE = st.text("abcXYZ019_-", min_size=1, max_size=4)
TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=6)
BLANK = st.sampled_from(["", " ", "\t ", "\n", ' # note ]}"\n\t', "\n\n"])
SPACE = st.sampled_from(["", " ", "\t"])


def basic(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


@st.composite
def strings(draw: st.DrawFn) -> str:
    text = draw(TEXT)
    kind = draw(st.sampled_from(["basic", "escaped", "literal", "long", "long literal", "quotes"]))
    if kind == "escaped":
        return (
            '"'
            + "".join(f"\\U{ord(char):08x}" for char in text)
            + draw(st.sampled_from(["\\t", "\\n", "\\\\", ""]))
            + '"'
        )
    if kind == "literal":
        return "'" + text.replace("'", "") + "'"
    if kind == "long":
        middle = draw(st.sampled_from(["\n", "\\\n   \n ", "\\  \n", '"', '""', '\\"', "\r\n"]))
        return '"""' + draw(st.sampled_from(["", "\n"])) + basic(text)[1:-1] + middle + "x" + basic(text)[1:-1] + '"""'
    if kind == "long literal":
        return "'''" + draw(st.sampled_from(["", "\n", "\n\n"])) + text.replace("'", "") + "'''"
    if kind == "quotes":
        return draw(st.sampled_from(['""""a"""', '"""a"""""', '""""""', "''''a'''''", "''''''", "''", '""']))
    return basic(text)


SCALARS = st.one_of(
    strings(),
    st.integers().map(str),
    st.floats().map(repr),
    st.sampled_from(["true", "0xdead_beef", "1979-05-27", "1979-05-27 07:32:00Z", "07:32:00.5", "+inf", "1_000"]),
)
KEYS = st.one_of(BARE, strings().filter(lambda raw: not raw.startswith(('"""', "'''"))))
DOTTED = st.lists(st.tuples(SPACE, KEYS, SPACE).map("".join), min_size=1, max_size=3).map(".".join)


def arrays(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    item = st.tuples(BLANK, inner, BLANK).map("".join)
    return st.tuples(st.lists(item, max_size=3).map(",".join), st.sampled_from(["", ",", " , # end\n"])).map(
        lambda parts: "[" + parts[0] + (parts[1] if parts[0] else "") + "]"
    )


def inline_tables(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pair = st.tuples(DOTTED, st.just("="), SPACE, inner, SPACE).map("".join)
    return st.lists(pair, max_size=3).map(lambda pairs: "{" + ",".join(pairs) + "}")


VALUES = st.recursive(SCALARS, lambda inner: arrays(inner) | inline_tables(inner), max_leaves=6)
STATEMENTS = st.one_of(
    st.tuples(DOTTED, st.just("="), SPACE, VALUES, st.sampled_from(["\n", " # c\n", "\r\n"])).map("".join),
    st.tuples(SPACE, DOTTED, st.sampled_from(["\n", "# c\n\n"])).map(lambda parts: f"{parts[0]}[{parts[1]}]{parts[2]}"),
    st.tuples(DOTTED, st.just("\n")).map(lambda parts: f"[[{parts[0]}]]{parts[1]}"),
)


def accepted(text: str) -> bool:
    try:
        tomllib.loads(text)
    except (tomllib.TOMLDecodeError, ValueError):
        return False
    return True


@settings(max_examples=150, deadline=None)
@given(st.lists(STATEMENTS, max_size=8))
def test_every_key_path_of_a_valid_document_is_located(statements: list[str]) -> None:
    text = ""
    for statement in statements:
        if accepted(text + statement):
            text += statement
    agrees_with_tomllib(text)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.floats(0, 1), st.integers(0, 2), st.sampled_from([*"\"'[]{},.=#\n\\ a1", "'''", '"""', "[[", "\r\n"])
        ),
        min_size=1,
        max_size=3,
    )
)
def test_whatever_tomllib_still_accepts_after_a_mutation_is_located(edits: list[tuple[float, int, str]]) -> None:
    text = HARD
    for where, removed, added in edits:
        offset = int(where * len(text))
        text = text[:offset] + added + text[offset + removed :]
    if accepted(text):
        agrees_with_tomllib(text)


@example(HARD)
@example(HARD.replace("\n", "\r\n"))
@example("")
@example("a=1")
@given(st.just("# nothing\n"))
def test_hard_documents_are_located(text: str) -> None:
    agrees_with_tomllib(text)


@pytest.mark.parametrize(
    ("path", "key", "value"),
    [
        (("a",), (4, 1), (4, 1)),
        (("a", "b", "c.d", "e"), (4, 15), (4, 21)),
        (("a", "b", "c.d", "e", "y z", "w", 0, "p"), (4, 44), (4, 48)),
        (("dates", 3), (14, 3), (14, 3)),
        (("fruit",), (19, 3), (19, 1)),
        (("fruit", 0, "physical"), (21, 8), (21, 1)),
        (("fruit", 1), (27, 3), (27, 1)),
        (("fruit", 1, "variety", 0), (28, 9), (28, 1)),
        (("x",), (31, 2), (31, 1)),
        (("x", "d", "f", "g"), (33, 5), (33, 9)),
        (("x", "d", "absent", 3), (32, 1), (32, 1)),
        (("absent",), (1, 1), (1, 1)),
    ],
)
def test_lines_and_columns_count_from_one(path: KeyPath, key: tuple[int, int], value: tuple[int, int]) -> None:
    positions = Positions(HARD)
    assert (positions.key(path), positions.value(path)) == (Position(*key), Position(*value))


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_character_inside_a_text_is_found_behind_escapes_and_folds(line_end: str) -> None:
    positions = Positions(HARD.replace("\n", line_end))
    assert positions.inside(("folded",), "one two".index("two")) == Position(11, 4)
    assert positions.inside(("under_score-dash", "1234", "é"), len("ünïcode 😀 ")) == Position(35, 27)
    assert positions.inside(("empty",), 5) == Position(5, 10)
    assert positions.inside(("floats", 0), 3) == Position(16, 11)
