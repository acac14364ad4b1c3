"""`python -m valuekit` is the command `valuekit`."""

from __future__ import annotations

from valuekit.cli.main import run

if __name__ == "__main__":
    run()
