"""Connections: confined to their folder, also where several share one instance, and plain about a failing machine."""

from __future__ import annotations

import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import duckdb
import pytest

from valuekit.cache.connect import connect, plain_errors, undo
from valuekit.errors import CacheError, DataError

if TYPE_CHECKING:
    from pathlib import Path

ESCAPES = (
    "SELECT * FROM read_text('/etc/passwd')",
    "ATTACH '{elsewhere}/other.duckdb' AS other",
    "COPY (SELECT 1) TO '{elsewhere}/out.csv'",
    "SET enable_external_access = true",
    "SET allowed_directories = ['/']",
    "LOAD httpfs",
)


def settings(connection: duckdb.DuckDBPyConnection) -> list[tuple[object, ...]]:
    query = "SELECT current_setting('TimeZone'), current_setting('threads'), current_setting('lock_configuration')"
    return connection.execute(query).fetchall()


@pytest.fixture
def database(tmp_path: Path) -> Path:
    folder = tmp_path / "it's [a] *cache"
    folder.mkdir()
    connect(folder / "a.duckdb").close()
    return folder / "a.duckdb"


@pytest.mark.parametrize("statement", ESCAPES)
def test_no_connection_leaves_its_folder_nor_one_that_shares_its_instance(
    tmp_path: Path, database: Path, statement: str
) -> None:
    first = connect(database, read_only=True, threads=1)
    second = connect(database, read_only=True, threads=1)
    assert settings(first) == settings(second) == [("UTC", 1, True)]
    for connection in (first, second):
        with pytest.raises((duckdb.PermissionException, duckdb.InvalidInputException)):
            connection.execute(statement.format(elsewhere=tmp_path))
    first.close()
    with pytest.raises((duckdb.PermissionException, duckdb.InvalidInputException)):
        second.execute(statement.format(elsewhere=tmp_path))
    second.close()


def test_a_locked_instance_that_may_leave_the_folder_is_refused(database: Path) -> None:
    foreign = duckdb.connect(str(database))
    foreign.execute("SET lock_configuration = true")
    with pytest.raises(CacheError, match="other settings"):
        connect(database)
    foreign.close()
    connect(database).close()


def test_threads_open_and_close_one_file_at_once(database: Path) -> None:
    failures: list[BaseException] = []

    def read() -> None:
        try:
            for _ in range(20):
                connection = connect(database, read_only=True, threads=1)
                connection.execute("SELECT 1").fetchall()
                connection.close()
        except duckdb.Error as error:
            failures.append(error)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_a_question_mark_in_the_path_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(CacheError, match=r"'\?'.*--cache"):
        connect(tmp_path / "why?" / "a.duckdb")
    assert list(tmp_path.iterdir()) == []


def test_memory_that_runs_short_is_said_plainly(database: Path) -> None:
    connection = connect(database, memory_limit="8MB", threads=1)
    (database.parent / "tmp").write_text("a file where spilled rows would go")
    many = "CREATE TEMP TABLE many AS SELECT range AS i, md5(range::VARCHAR) AS m FROM range(3000000)"
    with pytest.raises(DataError, match=r"memory_limit|disk has space"), plain_errors(database, "start over"):
        connection.execute(many)
    connection.close()


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from valuekit.cache.store import writing
from valuekit.errors import DataError

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
many = "CREATE TABLE many AS SELECT range AS i, md5(range::VARCHAR) AS m FROM range(1000000)"
try:
    with writing(Path(sys.argv[1])) as store:
        resource.setrlimit(resource.RLIMIT_FSIZE, (2 << 20, resource.RLIM_INFINITY))
        with store.transaction():
            store.connection.execute(many)
except DataError as error:
    print("plain:", error)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
with writing(Path(sys.argv[1])) as store:
    print("after:", store.generation())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits the size of files")
def test_a_disk_that_runs_full_is_said_plainly_and_costs_nothing(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path)], capture_output=True, text=True, check=False, timeout=60
    )
    assert run.stderr == ""
    said, after = run.stdout.splitlines()
    assert said.startswith("plain:")
    assert "cannot be read or written" in said
    assert "nothing that has landed is lost" in said
    assert after == "after: 0"


def test_a_clean_up_that_fails_leaves_the_first_error_the_one_that_is_told(database: Path) -> None:
    connection = connect(database)
    error = ValueError("first")
    undo(connection, "ROLLBACK", error)
    connection.close()
    assert "ROLLBACK failed too" in error.__notes__[0]
