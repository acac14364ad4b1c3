"""The way from a document to what its page carries.

Owns the order of decisions: counts first, then digests as fine as the room left allows. What does not fit is left out
and said.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from valuekit.pipeline.embedding.digests import DELTAS, LEAST, Held
from valuekit.pipeline.embedding.grains import Grain, Wish, assigned
from valuekit.pipeline.embedding.panels import NOT, Describer, Part
from valuekit.pipeline.embedding.states import Snapshot
from valuekit.pipeline.embedding.writing import Writer
from valuekit.pipeline.reporting.making import subject_of
from valuekit.pipeline.unknown import lacking
from valuekit.reports.embedding import Body, Embedded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from valuekit.pipeline.workspace import Workspace
    from valuekit.reports.report import Document

MOST_ROWS = 300_000
"""A table of more rows is not embedded."""

BUDGET = 800_000
"""Characters, by default: with the page and its chart library, a page of less than 2 MB."""


def embed(workspace: Workspace, document: Document, *, budget: int = BUDGET) -> Embedded:
    """Take from the snapshot what the page of a document needs to merge under any selection of the global filters.

    Args:
        workspace: the config and its cache.
        document: what the page shows.
        budget: about how many characters it may take.

    Returns:
        Equal snapshots give equal text; empty where there is no global filter, or nothing to filter.

    Raises:
        CacheError: nothing has been published yet.
    """
    filters = workspace.config.global_filters
    named = {report.metric for report in document.reports} | {card.metric for card in document.cards}
    if not filters or not named & set(workspace.plans.metrics):
        return Embedded()
    with workspace.open_sources() as sources:
        plans = workspace.plans
        names = sorted(named & set(plans.metrics))
        unknown = {name: lacking(sources.snapshot, plans.cells[name]) for name in names}
        describer = Describer(plans, unknown)
        page = _Page(Snapshot(sources.keeping(), plans), filters, budget)
        for report in document.reports:
            subject = subject_of(workspace.config, workspace.config.reports[report.name])
            page.reports[report.name] = [describer.panel(subject, report, panel) for panel in report.panels]
        page.cards = [describer.card(card) for card in document.cards]
        return page.embedded()


@dataclass
class _Page:
    """What one page carries."""

    snapshot: Snapshot
    filters: tuple[str, ...]
    budget: int
    reports: dict[str, list[Part]] = field(default_factory=dict)
    cards: list[Part] = field(default_factory=list)
    warnings: dict[str, None] = field(default_factory=dict)

    def embedded(self) -> Embedded:
        """Decide, and write."""
        parts = list(self._parts())
        counts = self._counted([part.wish for part in parts if part.wish is not None])
        writer = Writer(self.snapshot, self.filters, Body())
        for wish, grain in counts.items():
            writer.want(wish.metric, grain, wish.columns)
        writer.write_columns()
        room = self.budget - writer.body.size()
        there = [part for part in parts if part.wish in counts]
        digests, held, delta = self._distributed(there, room)
        for one in held:
            writer.write_digest(one, delta)
        for part in parts:
            self._place(part, counts, digests, writer)
        return Embedded(writer.text(self.reports, self.cards), tuple(self.warnings))

    def _parts(self) -> Iterator[Part]:
        """All panels and cards, what is in cards too."""
        yield from (part for panels in self.reports.values() for part in panels)
        yield from _within(self.cards)

    def _grain(self, wish: Wish) -> Grain:
        return Grain.of((*wish.by, *self.filters))

    def _counted(self, wishes: Iterable[Wish]) -> dict[Wish, Grain]:
        """The grain that gives the counts, sums and moments of each wish; none where it has too many rows."""
        all_wishes = [(wish, self._grain(wish)) for wish in dict.fromkeys(wishes)]
        refused: set[tuple[str, Grain]] = set()
        while True:
            found = assigned(all_wishes, refused)
            tables = dict.fromkeys((wish.metric, grain) for wish, grain in found.items())
            large = {key for key in tables if self.snapshot.keys(*key).height > MOST_ROWS}
            if not large:
                large = self._beyond_budget(found)
            if not large:
                return found
            refused |= large

    def _beyond_budget(self, found: dict[Wish, Grain]) -> set[tuple[str, Grain]]:
        """The largest table, where all of them together are larger than the budget."""
        writer = Writer(self.snapshot, self.filters, Body())
        for wish, grain in found.items():
            writer.want(wish.metric, grain, wish.columns)
        rough = {key: self.snapshot.keys(*key).height * (2 + len(names)) for key, names in writer.wanted.items()}
        if sum(rough.values()) < self.budget:
            return set()
        sizes = writer.sizes()
        return {max(sizes, key=lambda key: sizes[key])} if sum(sizes.values()) > self.budget else set()

    def _distributed(
        self, parts: Iterable[Part], room: int
    ) -> tuple[dict[tuple[Wish, str], Grain], list[Held], int | None]:
        """The grain that gives each digest of each wish, the digests, and how they are compressed."""
        wishes = {part.wish: None for part in parts if part.wish is not None}
        refused: dict[str, set[tuple[str, Grain]]] = {}
        cached: dict[tuple[str, Grain, str], Held] = {}
        while True:
            found: dict[tuple[Wish, str], Grain] = {}
            for name in sorted({name for wish in wishes for name in wish.digests}):
                mine = [(wish, self._grain(wish)) for wish in wishes if name in wish.digests]
                found |= {(wish, name): grain for wish, grain in assigned(mine, refused.get(name, set())).items()}
            keys = list(dict.fromkeys((wish.metric, grain, name) for (wish, name), grain in found.items()))
            too_many = [key for key in keys if self.snapshot.keys(*key[:2]).height * 12 > max(room, 0)]
            if not too_many:
                for key in keys:
                    if key not in cached:
                        cached[key] = Held(*key[:2], *self.snapshot.digest(*key))
                held = [cached[key] for key in keys]
                delta = finest(held, room)
                if delta is not None:
                    return found, held, delta[0]
                too_many = [max(keys, key=lambda key: cached[key].at_least(LEAST))]
            for metric, grain, name in too_many:
                refused.setdefault(name, set()).add((metric, grain))

    def _place(
        self, part: Part, counts: dict[Wish, Grain], digests: dict[tuple[Wish, str], Grain], writer: Writer
    ) -> None:
        """Tell a part where its states are, or why they are not there."""
        wish = part.wish
        if wish is None:
            return
        if wish not in counts:
            self._refuse(part, f"{NOT}{', '.join(self._grain(wish).keys)} make too many rows for the page")
            return
        part.spec["table"] = writer.place(wish.metric, counts[wish])
        placed = {name: digests[wish, name] for name in wish.digests if (wish, name) in digests}
        lost = {score: names for score, names in part.digests.items() if not names <= set(placed)}
        grains = set(placed.values())
        part.spec["digests"] = writer.place(wish.metric, grains.pop()) if len(grains) == 1 else None
        if grains:
            lost = dict(part.digests)
        by = ", ".join(self._grain(wish).keys)
        said = "by {} would make the page too large"
        why = {score: f"{NOT}{', '.join(sorted(names))} {said.format(by)}" for score, names in lost.items()}
        if part.whole and (why or part.spec["unavailable"]):
            self._refuse(part, next(iter((why or part.spec["unavailable"]).values())))
            return
        part.spec["scores"] = [score for score in part.spec["scores"] if score not in why]
        if isinstance(part.spec["unavailable"], dict):
            part.spec["unavailable"] |= why
        elif part.spec["score"] in why:
            part.spec["unavailable"] = why[part.spec["score"]]

    def _refuse(self, part: Part, why: str) -> None:
        part.spec["failure"] = part.spec["unavailable"] = why


def finest(held: list[Held], room: int) -> tuple[int | None] | None:
    """The finest compression with which digests fit into so many characters; None where none does.

    The coarser, the smaller: the finest is sought by halves, once it is known that there is one.
    """
    if not held:
        return (None,)
    deltas = [delta for delta in DELTAS if sum(one.at_least(delta) for one in held) * 4 <= room]
    if not deltas or not _fit(held, deltas[-1], room):
        return None
    at = bisect_left(range(len(deltas) - 1), 1, key=lambda place: _fit(held, deltas[place], room))
    return (deltas[at],)


def _fit(held: Iterable[Held], delta: int | None, room: int) -> bool:
    body = Body()
    for one in held:
        one.write(body, delta)
    return body.size() <= room


def _within(parts: Iterable[Part]) -> Iterator[Part]:
    for part in parts:
        yield part
        yield from _within(part.inner.get("beside", ()))
        if part.inner.get("trend") is not None:
            yield part.inner["trend"]
