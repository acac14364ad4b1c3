"""The canonical form: the same values, the same comments, and nothing left to change the second time."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from valuekit.config.canonical import canonical
from valuekit.config.starter import TEXT

ROOT = Path(__file__).parents[2]

ORIGINAL = """\
# about the file


# about ih
[ih]   # Interaction History
path='exports'   # where
columns = { A = "x", 'B c' = 'y' } # ours = "theirs"
keep_columns = [ # first
  'a', 'b', # b
  # before c
  "c"
  # last
] # end
filter = \"\"\"
Channel = "Web"
  AND Outcome <> 'x' # no comment
\"\"\"  # which rows
# day_of = "outcome"
# timezone = "UTC"

# about metrics
[metrics]
global_filters = [
  "Channel",
    "Issue"]
# the end

# after it
"""

CANONICAL = """\
# about the file

# about ih
[ih]  # Interaction History
path = "exports"  # where
keep_columns = [
    # first
    "a",
    "b",  # b
    # before c
    "c",
    # last
]  # end
filter = \"\"\"
Channel = \\"Web\\"
  AND Outcome <> 'x' # no comment
\"\"\"  # which rows
# day_of = "outcome"
# timezone = "UTC"

[ih.columns]  # ours = "theirs"
A = "x"
"B c" = "y"

# about metrics
[metrics]
global_filters = ["Channel", "Issue"]
# the end

# after it
"""


def values(node: object) -> object:
    """Everything in a document, in a form in which the order of keys does not count and a NaN is itself."""
    if isinstance(node, dict):
        return {key: values(child) for key, child in node.items()}
    return [values(child) for child in node] if isinstance(node, list) else f"{type(node).__name__} {node!r}"


def remarks(text: str, marks: list[str]) -> list[str]:
    return sorted(mark for mark in marks for _ in range(text.count(mark)))


def test_a_config_becomes_canonical() -> None:
    expected = CANONICAL.replace('"""\nChannel = \\"Web\\"', "'''\nChannel = \"Web\"").replace(
        'x\' # no comment\n"""', "x' # no comment\n'''"
    )
    assert canonical(ORIGINAL) == expected
    assert canonical(expected) == expected


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_line_ends_become_those_of_unix(end: str) -> None:
    assert canonical(ORIGINAL.replace("\n", end)) == canonical(ORIGINAL)


CONFIGS = [*ROOT.glob("configs/*.toml"), *ROOT.glob("../shared/compat/*.toml")]


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.name)
def test_shipped_configs_keep_values_and_comments(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    done = canonical(text)
    assert values(tomllib.loads(done)) == values(tomllib.loads(text))
    assert canonical(done) == done


def test_the_starter_keeps_what_is_commented_out_in_its_place() -> None:
    done = canonical(TEXT)
    lines = [line.strip() for line in done.splitlines()]
    assert lines.index('file_pattern = "**/*.zip"  # which files in it; ** is any folders') + 1 == next(
        index for index, line in enumerate(lines) if line.startswith("# timezone")
    )
    assert [line for line in lines if line.startswith("#")] == [
        line for line in TEXT.splitlines() if line.startswith("#")
    ]
    assert canonical(done) == done


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('a = "C:\\\\x\\"y\\""\n', "a = 'C:\\x\"y\"'\n"),
        ('a = "it\'s \\"b\\""\n', 'a = "it\'s \\"b\\""\n'),
        ('a = "tab\\tbell\\u0007"\n', 'a = "tab\tbell\\u0007"\n'),
        ('a = "one\\ntwo"\n', 'a = """\none\ntwo"""\n'),
        ('a = "one\\r\\ntwo"\n', 'a = "one\\r\\ntwo"\n'),
        ("a = []\nb = {}\n", "a = []\n\n[b]\n"),
        ("[a.b]\nc = 1\n[a]\nd = 2\n", "[a]\nd = 2\n\n[a.b]\nc = 1\n"),
        ("# only\n", "# only\n"),
        ("", "\n"),
        ("a = [[1, 2], [3]] # x\n", "a = [[1, 2], [3]]  # x\n"),
        (f"a = [{', '.join(['1111111111'] * 12)}]\n", "a = [\n" + "    1111111111,\n" * 12 + "]\n"),
    ],
)
def test_single_forms(before: str, after: str) -> None:
    assert canonical(before) == after
    assert canonical(after) == after


WORD = st.sampled_from(["a", "b", "c.d", '"e f"', "'#'", "g", "h", "i.j.k"])
SPACE = st.sampled_from(["", " ", "\t"])
SCALAR = st.sampled_from(
    [
        "1",
        "-0.0",
        "nan",
        "true",
        '"x # y"',
        "'a\"b'",
        '"""m\n# no\n"""',
        "'''\nl\"\n'''",
        "1979-05-27",
        "07:32:00",
        '"\\\\"',
    ]
)
NOTE = st.integers(0, 999).map(lambda number: f"# n{number:03}")
BREAK = st.lists(st.one_of(st.just("\n"), NOTE.map(lambda note: f" {note}\n"), st.just(" ")), max_size=3).map(
    lambda parts: "".join(part if not part.strip() or part.endswith("\n") else part + "\n" for part in parts)
)


def arrays(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    item = st.tuples(BREAK, inner, BREAK).map("".join)
    return st.tuples(st.lists(item, max_size=3).map(",".join), st.sampled_from(["", ","]), BREAK).map(
        lambda parts: f"[{parts[0]}{parts[1] if parts[0] else ''}{parts[2]}]"
    )


def tables(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(st.tuples(WORD, inner), max_size=2, unique_by=lambda pair: pair[0]).map(
        lambda pairs: "{ " + ", ".join(f"{key} = {value}" for key, value in pairs) + " }"
    )


VALUE = st.recursive(SCALAR, lambda inner: arrays(inner) | tables(inner), max_leaves=5)
END = st.one_of(st.just("\n"), NOTE.map(lambda note: f" {note}\n"))
STATEMENT = st.one_of(
    st.tuples(WORD, SPACE, st.just("="), SPACE, VALUE, END).map("".join),
    st.tuples(st.just("["), WORD, st.just("]"), END).map("".join),
    st.tuples(st.just("[["), WORD, st.just("]]"), END).map("".join),
    NOTE.map(lambda note: f"{note}\n"),
    st.sampled_from(["\n", "\n\n", " \n"]),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(STATEMENT, max_size=10))
def test_values_and_comments_are_kept_and_the_second_time_changes_nothing(statements: list[str]) -> None:
    text = ""
    for statement in statements:
        try:
            tomllib.loads(text + statement)
        except tomllib.TOMLDecodeError:
            continue
        text += statement
    done = canonical(text)
    assert values(tomllib.loads(done)) == values(tomllib.loads(text))
    notes = [f"# n{number:03}" for number in range(1000)]
    assert remarks(done, notes) == remarks(text, notes)
    assert canonical(done) == done
