"""Dashboards of whole projects in a real browser, and the hands and eyes of a reader: choose, sort, download, read."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from report_readers import cells_of
from valuekit.pipeline.embedding import embed
from valuekit.reports import page as pages

if TYPE_CHECKING:
    from pathlib import Path

    from embedded_pages import Case
    from valuekit.reports.embedding import Embedded
    from valuekit.reports.report import Document, Panel

PRINTED = 100
"""Rows of a table on paper."""

_TABLES = """() => Array.from(document.querySelectorAll("article.report"), (report) =>
  Array.from(report.querySelectorAll("section.panel"), (panel) =>
    Array.from(panel.querySelectorAll(".grid tbody tr"), (row) =>
      ({low: row.classList.contains("low"), cells: Array.from(row.cells, (cell) => {
        const copy = cell.cloneNode(true);
        copy.querySelectorAll(".badge").forEach((badge) => badge.nextSibling.remove());
        copy.querySelectorAll(".badge, .error").forEach((extra) => extra.remove());
        return copy.textContent;
      })}))))"""


@dataclass(frozen=True)
class Dashboard:
    """A project, and its page in a file."""

    case: Case
    path: Path

    @property
    def document(self) -> Document:
        return self.case.document


@dataclass
class Watched:
    """A page with all that it printed, failed at or requested; its own file is no request."""

    page: Any
    messages: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def open(self, path: Path) -> Any:
        """Open a file and wait until the page says that it stands."""
        self.page.goto(path.as_uri())
        self.page.wait_for_selector("html[data-ready]", state="attached")
        return self.page

    def quiet(self) -> None:
        """Fail where the page printed or requested anything."""
        assert self.messages == []
        assert [url for url in self.requests if not url.startswith(("blob:", "data:"))] == []


def watch(page: Any) -> Watched:
    """Write down what a page prints, fails at and requests, beside its own file."""
    found = Watched(page)
    page.on("console", lambda message: found.messages.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: found.messages.append(f"error: {error}"))
    page.on("request", lambda request: None if _own(request) else found.requests.append(request.url))
    return found


def _own(request: Any) -> bool:
    return bool(request.is_navigation_request() and request.url.startswith("file:"))


def write_dashboard(case: Case, path: Path, budget: int | None = None) -> Dashboard:
    """Render as `valuekit report` does, or with little room for what filters merge."""
    sheet = pages.laid_out(case.document)
    embedded = embed(case.workspace, case.document, budget=sheet.room if budget is None else budget)
    path.write_text(sheet.page(embedded), encoding="utf-8")
    return Dashboard(case, path)


def write_page(document: Document, embedded: Embedded, path: Path) -> Path:
    path.write_text(pages.render(document, embedded), encoding="utf-8")
    return path


def complete(page: Any) -> None:
    """Wait until all is drawn."""
    page.wait_for_selector("html[data-complete]", state="attached")


def on_paper(page: Any) -> None:
    """Show a page as it is printed."""
    page.emulate_media(media="print")
    page.wait_for_selector("html[data-printing]", state="attached")


def choose(page: Any, selection: dict[str, list[object]]) -> None:
    """Tick values of filters by keyboard alone; an empty selection clears them."""
    clear = page.locator("#clear")
    if clear.is_visible():
        clear.focus()
        page.keyboard.press("Enter")
    for name, values in selection.items():
        box = page.locator("details.filter", has=page.locator(f"summary .filter-name:text-is({name!r})"))
        box.locator("summary").focus()
        page.keyboard.press("Enter")
        for value in values:
            label = "(missing)" if value is None else str(value)
            box.get_by_label(label, exact=True).focus()
            page.keyboard.press("Space")
        page.keyboard.press("Escape")


_SAVED = """([report, panel]) => new Promise((resolve) => {
  const makeAddress = URL.createObjectURL;
  const click = HTMLAnchorElement.prototype.click;
  let blob = null;
  URL.createObjectURL = (made) => { blob = made; return makeAddress.call(URL, made); };
  HTMLAnchorElement.prototype.click = function () {
    URL.createObjectURL = makeAddress;
    HTMLAnchorElement.prototype.click = click;
    blob.text().then((text) => resolve([this.download, text]));
  };
  const node = document.querySelectorAll("article.report")[report].querySelectorAll("section.panel")[panel];
  node.querySelector("button.save").click();
})"""


def saved(page: Any, report: int, panel: int) -> tuple[str, str]:
    """The name and the text of the CSV file that a panel's button saves, before the browser asks whether it may."""
    name, text = page.evaluate(_SAVED, [report, panel])
    return name, text


def rows_of(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


def tables(page: Any) -> list[list[list[dict[str, Any]]]]:
    """The rows of every panel of every report that are elements: their cells, and whether they are marked as low."""
    found: list[list[list[dict[str, Any]]]] = page.evaluate(_TABLES)
    return found


def seen(panel: Panel) -> list[list[str]]:
    """The cells of a panel, as people should see them."""
    return [list(cells_of(panel, row)) for row in panel.table.iter_rows(named=True)]
