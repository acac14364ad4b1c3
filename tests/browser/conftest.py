"""A real browser for the pages, and a page that is watched: what it says, and what it asks for."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import valuekit as vk
from dashboards import Dashboard, Watched, watch, write_dashboard
from embedded_pages import Case
from valuekit.pipeline.reporting import make
from valuekit.synthetic import write_demo

CONFIGS = Path(__file__).resolve().parents[2] / "configs"

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Debian's Chromium, driven by Playwright; tests skip where there is none."""
    path = "/usr/bin/chromium" if Path("/usr/bin/chromium").exists() else shutil.which("chromium")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        path = None
    if path is None:
        assert os.environ.get("VALUEKIT_NEED_BROWSER") != "1", "VALUEKIT_NEED_BROWSER=1, but there is no Chromium"
        pytest.skip("there is no Chromium, or no Playwright to drive it")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def watched(browser: Any) -> Iterator[Watched]:
    """A fresh page at 1280 x 800 in a context of its own."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, accept_downloads=True)
    yield watch(context.new_page())
    context.close()


@pytest.fixture(scope="session")
def dashboards(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Dashboard]:
    """The pages of three configs over the demo's data."""
    folder = tmp_path_factory.mktemp("dashboards") / "bank"
    own = write_demo(folder, rows=3_000, days=3)
    others = [Path(shutil.copy(CONFIGS / f"{name}.toml", folder)) for name in ("retail_banking", "experiments")]
    made = {}
    for config in (own, *others):
        project = vk.open(config)
        project.ingest()
        case = Case(project, make(project.workspace))
        made[config.stem] = write_dashboard(case, folder / f"{config.stem}.html")
    return made
