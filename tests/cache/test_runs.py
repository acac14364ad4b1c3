"""The run ledger: what cannot be used is skipped, and the rest still tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from valuekit.cache.runs import FILE, RunLedger

if TYPE_CHECKING:
    from pathlib import Path

DAMAGE = (
    b'\xff\xfe{"run_id": 1}',
    b'{"run_id": "x", "verb": "ingest", "started": "2026-01-01T00:00:00"}',
    b'{"run_id": null, "verb": "ingest", "started": "2026-01-01T00:00:00"}',
    b'{"run_id": 1e999, "verb": "ingest", "started": "2026-01-01T00:00:00"}',
    b'{"run_id": 7, "verb": "ingest"}',
    b'{"run_id": 7, "verb": "ingest", "started": 5}',
    b'{"run_id": 1, "finished": "nope", "state": "done", "message": null, "counts": {}, "durations": {}}',
    b'{"run_id": 1, "finished": "2026-01-01T00:00:00"}',
    b'{"run_id": 1, "finished": "2026-01-01T00:00:00", "state": "x", "message": 1, "counts": 3, "durations": []}',
    b"[1]",
    b'{"run_id": [1], "finished": "2026-01-01T00:00:00"}',
)


@pytest.mark.parametrize("line", DAMAGE)
def test_a_line_that_makes_no_sense_is_skipped(tmp_path: Path, line: bytes) -> None:
    ledger = RunLedger(tmp_path)
    first = ledger.begin("ingest")
    ledger.end(first, "done", {"files_landed": 2}, {"land": 0.5}, None)
    with (tmp_path / FILE).open("ab") as file:
        file.write(line + b"\n")
    second = ledger.begin("compute")
    found = ledger.read()
    assert [(run.run_id, run.verb, run.state) for run in found] == [(1, "ingest", "done"), (2, "compute", "killed")]
    assert found[0].counts == {"files_landed": 2}
    assert second == 2
