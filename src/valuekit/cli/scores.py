"""What a score is, for people and as JSON: formula, kind, what is stored, and the SQL.

Owns the wording of `explain` for scores and families. What it says comes from the families; it computes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from valuekit.cli.sql_layout import laid_out

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from valuekit.metrics.base import Catalogue, Holistic, Metric, Score
    from valuekit.states.base import State

ROWS, CELLS, KEY, COLUMN = "rows", "cells", "group", "ResponseTime"
"""What stands for the relations, the key and a described column in the SQL that is shown."""

_KINDS = {
    "distributive": "cells are added up or compared",
    "algebraic": "computed from a small state, and states merge",
    "holistic": "no state holds it, so it is computed from the facts at the grain asked for",
}


@dataclass(frozen=True)
class Meaning:
    """What a score is in one family."""

    family: Catalogue
    score: Score

    @cached_property
    def _metric(self) -> Metric | None:
        """A metric of the family; None where it is of customers, of whom no states are kept."""
        return _example(self.family, use_t_digest=True)

    @cached_property
    def states(self) -> tuple[State, ...]:
        """What is stored of it, without what only says why it is null."""
        if self.holistic or self._metric is None:
            return ()
        needed = self._metric.needs((self.score.name,))
        named = {part.strip().replace("<column>", COLUMN) for part in self.score.stored.split(",")}
        said = tuple(state for state in needed if named & {column.name for column in state.stored})
        return said or needed

    @property
    def holistic(self) -> Holistic | None:
        """What computes it from facts, where nothing is stored for it."""
        found = () if self._metric is None else self._metric.holistic
        return next((item for item in found if self.score.name in item.scores), None)

    @property
    def of_offers(self) -> bool:
        """Whether the rows of its SQL are offers."""
        return self._metric is not None and self._metric.labels is not None

    @property
    def rows(self) -> str:
        """What it is computed over."""
        if self._metric is None:
            return "purchases"
        return "offers" if self.of_offers else "rows"

    @property
    def can_be_exact(self) -> bool:
        """Whether `use_t_digest = false` computes it from facts."""
        exact = _example(self.family, use_t_digest=False)
        if exact is None:
            return False
        return any(state in exact.exact for state in exact.needs((self.score.name,)))

    @property
    def from_facts(self) -> str | None:
        """When and how it is computed from facts instead of states."""
        if self._metric is None:
            return "always: from the purchases of every customer, when asked"
        if self.holistic is not None:
            return f"always: over the {self.holistic.source} that count, from {', '.join(self.holistic.reads)}"
        return "with use_t_digest = false: from all values of a group, exactly" if self.can_be_exact else None

    @cached_property
    def fields(self) -> Mapping[str, object]:
        """Everything that may differ between families."""
        return {
            "kind": str(self.score.kind),
            "unit": self.score.unit,
            "formula": self.score.formula,
            "null_when": self.score.null_when,
            "stored": self.score.stored,
            "from_facts": self.from_facts,
            "rows": self.rows,
            "states": [_state_body(state) for state in self.states],
        }


def meanings(name: str, families: Iterable[Catalogue]) -> list[Meaning]:
    """What a score is in each family that has it, whatever the case of its name."""
    found = []
    for family in families:
        names = (score.name for score in family.catalogue if score.name.casefold() == name.casefold())
        score = family.score(next(names, name)) or family.score(name.lower())
        if score is not None:
            found.append(Meaning(family, score))
    return found


def score_body(found: Sequence[Meaning]) -> Mapping[str, object]:
    """What JSON says of a score: what it is in the first family, and what differs in others."""
    (_, main), *others = _alike(found)
    return {
        "name": found[0].score.name,
        "families": [meaning.family.name for meaning in found],
        **main.fields,
        "differs": [{"families": names, **_differences(main, other)} for names, other in others],
    }


def score_text(found: Sequence[Meaning]) -> str:
    """The same for people."""
    (names, main), *others = _alike(found)
    lines = [f"{main.score.name} ({', '.join(meaning.family.name for meaning in found)})", *_field_lines(main.fields)]
    lines += _sql_lines(main)
    if others:
        lines[0] += f": as in {', '.join(names)}; what differs elsewhere is below"
    for families, other in others:
        fields = _differences(main, other)
        lines += ["", f"In {', '.join(families)}:", *_field_lines(fields)]
        lines += _sql_lines(other) if "states" in fields else []
    return "\n".join(lines) + "\n"


def family_body(family: Catalogue) -> Mapping[str, object]:
    """What JSON says of a family."""
    listed = [
        {"name": score.name, "kind": str(score.kind), "unit": score.unit, "formula": score.formula}
        for score in family.catalogue
    ]
    return {"name": family.name, "scores": listed}


def family_text(family: Catalogue) -> str:
    """The same for people: a line a score."""
    name = max(len(score.name) for score in family.catalogue)
    kind = max(len(score.kind) for score in family.catalogue)
    lines = [f"{family.name}: a family of metrics. Its scores:"]
    lines += [f"  {score.name:<{name}}  {score.kind:<{kind}}  {score.formula}" for score in family.catalogue]
    return "\n".join(lines) + "\n"


def _alike(found: Sequence[Meaning]) -> list[tuple[list[str], Meaning]]:
    """Gather the families in which a score is the same."""
    groups: list[tuple[list[str], Meaning]] = []
    for meaning in found:
        names = next((names for names, other in groups if other.fields == meaning.fields), None)
        if names is None:
            groups.append(([meaning.family.name], meaning))
        else:
            names.append(meaning.family.name)
    return groups


def _differences(main: Meaning, other: Meaning) -> Mapping[str, object]:
    return {name: value for name, value in other.fields.items() if value != main.fields[name]}


def _field_lines(fields: Mapping[str, object]) -> Iterator[str]:
    titles = ("formula", "kind", "unit", "null_when", "stored", "from_facts")
    for name in titles:
        value = fields.get(name)
        if value is not None:
            more = f": {_KINDS[str(value)]}" if name == "kind" else ""
            yield f"  {name.replace('_', ' '):<11}{value}{more}"


def _sql_lines(meaning: Meaning) -> Iterator[str]:
    """The SQL of every state that a score needs."""
    if not meaning.states:
        return
    rows = "the offers that count" if meaning.of_offers else "all rows that pass the filters"
    yield ""
    yield f'The SQL. "{ROWS}" are {rows}, "{CELLS}" is what is stored, "{KEY}" stands for the dimensions.'
    for state in meaning.states:
        yield ""
        yield f"  {', '.join(f'{column.name} {column.sql_type}' for column in state.stored)}"
        for what, sql in (("build", state.build_sql(ROWS, [KEY])), ("merge", state.merge_sql(CELLS, [KEY]))):
            yield f"    {what}"
            yield from (f"      {line}" for line in laid_out(sql).splitlines())


def _state_body(state: State) -> Mapping[str, object]:
    return {
        "state": state.name,
        "columns": [{"name": column.name, "type": column.sql_type} for column in state.stored],
        "build": state.build_sql(ROWS, [KEY]).strip(),
        "merge": state.merge_sql(CELLS, [KEY]).strip(),
    }


def _example(catalogue: Catalogue, *, use_t_digest: bool) -> Metric | None:
    """A metric of a family, for its states; None of a family over purchases."""
    from valuekit.config.models import MetricConfig
    from valuekit.metrics.registry import FAMILIES

    family = FAMILIES.get(catalogue.name)
    if family is None:
        return None

    config = MetricConfig(
        name=family.name,
        family=family.name,
        group_by=("Channel",),
        positive=("Clicked",),
        negative=("Impression",),
        columns=(COLUMN,),
    )
    section = config.model_copy(update={"use_t_digest": use_t_digest})
    return family.declare(section, (), lambda _: "DOUBLE")
