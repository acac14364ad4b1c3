"""`kill -9` while holdings land: no order is lost, none counts twice, and readers see what they saw or all of it."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from pathlib import Path
from random import Random

from sample_holdings import Order, bought, expected, holdings_config, make_orders, open_holdings, write_orders
from valuekit.errors import CacheError

CHILD = Path(__file__).with_name("dying_ingest.py")
POINTS = 5
FILES = 5
ONCE = 2
"""So many files have landed before the run that is killed."""


def run_child(project: Path, step: int) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(CHILD), str(project / "valuekit.toml"), str(step)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def files_of(orders: list[Order]) -> list[list[Order]]:
    """Files that share some orders, and one with the same order twice."""
    files = [orders[number::FILES] for number in range(FILES)]
    return [[*file, *files[number - 1][:20], file[0]] for number, file in enumerate(files)]


def fill(project: Path, files: list[list[Order]]) -> None:
    project.mkdir(exist_ok=True)
    open_holdings(project, holdings_config())
    for number, file in enumerate(files):
        write_orders(project / "holdings" / f"{number}.json", file)


def landed(project: Path) -> tuple[object, object]:
    """The purchases that readers see, and what they are said to be made of."""
    workspace = open_holdings(project)
    return bought(workspace), workspace.compute(["clv"]).data


def counted(project: Path) -> int:
    """How many orders have landed, in the cache itself."""
    from valuekit.cache.connect import first_row
    from valuekit.cache.store import reading_facts

    with reading_facts(open_holdings(project).folder / "holdings") as connection:
        row = first_row(connection, "SELECT count(*), count(DISTINCT _row) FROM facts")
    assert row is not None
    assert row[0] == row[1]
    return int(row[0])


def test_killed_at_many_points(tmp_path: Path) -> None:
    orders = make_orders(11)
    files = files_of(orders)
    half, calm = tmp_path / "half", tmp_path / "calm"
    fill(half, files[:ONCE])
    assert run_child(half, 0).returncode == 0
    shutil.copytree(half, calm)
    fill(calm, files)
    total = int(run_child(calm, 0).stdout)
    before, after = landed(half), landed(calm)
    assert before[0] != after[0] == expected(orders)
    assert counted(calm) == len(orders)
    random = Random(4)  # noqa: S311 - test data
    kills = 0
    for number in range(POINTS):
        project = tmp_path / f"killed-{number}"
        shutil.copytree(half, project)
        fill(project, files)
        step = random.randrange(1 + number * total // POINTS, 2 + (number + 1) * total // POINTS)
        killed = run_child(project, step)
        if killed.returncode == 0:
            continue
        assert killed.returncode == -signal.SIGKILL
        kills += 1
        assert landed(project) in (before, after)
        assert run_child(project, 0).returncode == 0
        assert landed(project) == after
        assert counted(project) == len(orders)
    assert kills >= POINTS - 1


def test_killed_again_and_again_from_an_empty_cache(tmp_path: Path) -> None:
    orders = make_orders(12)
    files = files_of(orders)
    calm, project = tmp_path / "calm", tmp_path / "project"
    fill(calm, files)
    fill(project, files)
    total = int(run_child(calm, 0).stdout)
    for part in (0.3, 0.7, 0.95):
        run_child(project, int(total * part))
        try:
            seen = landed(project)
        except CacheError:
            continue
        assert seen == landed(calm)
    assert run_child(project, 0).returncode == 0
    assert landed(project) == landed(calm)
    assert counted(project) == len(orders)
    states = open_holdings(project).runs()["state"].to_list()
    assert states[0] == "done"
    assert "killed" in states


def test_killed_while_a_changed_metric_is_made_again(tmp_path: Path) -> None:
    """Facts stay; what is published stays whole until the other purchases are."""
    orders = make_orders(13)
    fill(tmp_path, [orders])
    assert run_child(tmp_path, 0).returncode == 0
    before = landed(tmp_path)
    config = (tmp_path / "valuekit.toml").read_text()
    fewer = config.replace("[metrics.clv]", "[metrics.clv]\nfilter = \"ControlGroup = 'Test'\"")
    assert fewer != config
    other = tmp_path / "other"
    shutil.copytree(tmp_path, other, ignore=shutil.ignore_patterns("other"))
    (other / "valuekit.toml").write_text(fewer)
    (tmp_path / "valuekit.toml").write_text(fewer)
    total = int(run_child(other, 0).stdout)
    killed = run_child(tmp_path, total * 9 // 10)
    assert killed.returncode == -signal.SIGKILL
    (tmp_path / "valuekit.toml").write_text(config)
    assert landed(tmp_path) == before
    (tmp_path / "valuekit.toml").write_text(fewer)
    assert run_child(tmp_path, 0).returncode == 0
    assert bought(open_holdings(tmp_path)) == bought(open_holdings(other))
    assert counted(tmp_path) == len(orders)
