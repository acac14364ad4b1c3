"""The script that makes the page's filters right: it merges embedded states and scores them, as Python would.

Owns the JavaScript of numbers, and the contract with the page below. Never draws anything, and never touches the
document: it runs in a browser, in a worker or in Node alike, and requests nothing.

The contract
------------
`source()` is one script. It defines one global, `valuekitEngine`, and is put into the page before the page's own
script. `Embedded.text` of `valuekit.reports.embedding` is what it reads: letters, digits, `+`, `/` and `=` only, so
that it can stand in `<script type="application/octet-stream">` as it is; empty where nothing can be filtered.

    const engine = await valuekitEngine.open(text);      // rejects where the browser cannot uncompress

    engine.filters     // [{name: "Channel", time: false, values: [null, "Email", "Web"]}, ...] as in global_filters;
                       // null means missing and comes first; a value is null, text, number or true/false

A selection says which values of a filter count: `{Channel: ["Web", null], Year: ["2026"]}`. A filter that is not in it,
or has an empty list or all values, does not filter. A value that is in no list is an error of the page's (TypeError).
Make a selection with `Object.create(null)` or a plain object; names are own properties. With nothing selected show the
document's own numbers; what the engine gives then is the same but for the error of digests.

    engine.panel(reportName, panelIndex, selection) -> {
        failure,       // null, or why nothing of this panel is available under a filter: a sentence for people
        columns,       // the names of the panel's columns, in the order of its table
        rows,          // one array of values per row, in that order, sorted as the table is; null where there is none
        behind,        // {score: [number or null per row]}: what is not shown and tells which rows are low n
        reasons,       // {score: [text or null per row]}: why a value is null; only scores that lack some
        errors,        // {score: [number or null per row]}: `compute --where` gives a value within value ± error; only
                       //  scores that come from digests; 0 where nothing was compressed
        unavailable,   // {score: text}: scores with no value in any row under a filter, and why; their values are null
    }
    engine.cards(selection) -> one object for each card of the document, in order: {
        value, low, high, count, reason, error,        // as in `Card`; error as above, null where the value is exact
        trend,         // [["2026-01-01", value or null], ...], null where it is not available under a filter
        unavailable,   // null, or why the card has no value under a filter
        beside,        // the same for the numbers beside it
    }

Days are `YYYY-MM-DD`. Numbers are as JavaScript has them, without rounding. States merged for the last selection are
kept, so ask for all panels of one selection before the next. A panel of counts takes milliseconds, one of digests of
thousands of groups up to half a second: ask for what is in view.

The pure formulas are there, too, for tests: `valuekitEngine.stats.<name>`.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

_FILES = (
    *("special", "rates", "contingency", "centroids", "quantiles", "ranking", "bounds", "moments"),
    *("payload", "select", "merge", "families", "experiment", "described", "scored", "derive", "cards", "main"),
)
"""The parts, each after those that it uses."""


@cache
def source() -> str:
    """The whole script, the parts one after the other in a function of their own."""
    folder = files(__name__)
    parts = [folder.joinpath(f"{name}.js").read_text(encoding="utf-8") for name in _FILES]
    return 'const valuekitEngine = (() => {\n"use strict";\n' + "\n".join(parts) + "\nreturn valuekitEngine;\n})();\n"
