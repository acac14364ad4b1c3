"""Whatever the bytes are, `validate` gives findings, formats lay them out, and the formatter keeps what there is."""

from __future__ import annotations

import tomllib
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from valuekit.config.canonical import canonical
from valuekit.config.rules import RULES
from valuekit.config.starter import TEXT
from valuekit.validate import validate
from valuekit.validate.formats import FORMATS, laid_out
from valuekit.validate.formats.outcome import Outcome

ROOT = Path(__file__).parents[2]
SEEDS = [
    TEXT.encode(),
    *(path.read_bytes() for path in sorted(ROOT.glob("configs/*.toml"))[:3]),
    *(example.encode() for rule in RULES.values() for example in (rule.bad, rule.good)),
]
TOKENS = [
    *(
        b'"',
        b"'",
        b'"""',
        b"'''",
        b"[",
        b"]",
        b"{",
        b"}",
        b"=",
        b".",
        b",",
        b"#",
        b"\n",
        b"\r\n",
        b"\\",
        b"\x00",
        b"\xff",
    ),
    *(
        b"[[",
        b"]]",
        b"[]",
        b"{}",
        b'""',
        b'"\\u0000"',
        b"nan",
        b"1e400",
        b"-1",
        b"true",
        b"2026-02-30",
        b"9" * 30,
        b"*",
        b"(?P<",
    ),
    *(
        b"# valuekit: ignore",
        b"# valuekit: ignore[VK202]",
        b"\xef\xbb\xbf",
        b"\xe2\x80\xa8",
        b"\xf0\x9f\x98\x80",
        b"Web_",
        b"Day",
    ),
    *(b"pl.col('x')", b" AND ", b"CASE", b"::", b"$1", b";", b"/*", b"--", b"CTR", b"(" * 40),
]
EDIT = st.tuples(
    st.floats(0, 1, exclude_max=True),
    st.integers(0, 12),
    st.one_of(st.sampled_from(TOKENS), st.binary(max_size=3)),
)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(SEEDS), st.lists(EDIT, min_size=1, max_size=5))
def test_mutated_bytes_break_nothing(seed: bytes, edits: list[tuple[float, int, bytes]]) -> None:
    data = seed
    for where, removed, added in edits:
        at = int(where * (len(data) + 1))
        data = data[:at] + added + data[at + removed :]
    checked = validate(None, data)
    findings = (*checked.findings, *checked.silenced)
    assert (checked.config is None) == any(finding.severity == "error" for finding in findings)
    text = checked.root.collector.text
    lines = text.split("\n")
    for finding in findings:
        assert finding.severity is RULES[finding.rule].severity
        if finding.line is None or finding.column is None or finding.rule == "VK103":
            continue
        assert 1 <= finding.line <= len(lines)
        assert 1 <= finding.column <= len(lines[finding.line - 1]) + 2
    outcome = Outcome(checked.findings, ["-"], strict=True)
    assert all(isinstance(laid_out(name, outcome), str) for name in FORMATS)
    if text and not {"VK102", "VK103", "VK106"} & {finding.rule for finding in findings}:
        assert repr(sorted(tomllib.loads(canonical(text)))) == repr(sorted(tomllib.loads(text)))
