"""`valuekit explain`: what a score is and when it has no value, or what a rule of `validate` means."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from valuekit.cli import listing
from valuekit.cli.session import Session
from valuekit.config.nearest import unknown

if TYPE_CHECKING:
    from valuekit.config.rules import Rule
    from valuekit.metrics.base import Family, Score

EXAMPLE = "valuekit explain Lift"


def explain(
    session: Session,
    name: Annotated[str, typer.Argument(metavar="NAME", help="A score, a metric family, or a rule such as VK203.")],
    *,
    layout: Annotated[Literal["text", "json"], typer.Option("--format", help="How to write.")] = "text",
) -> None:
    """Explain a score: formula, kind, null when, what is stored, the SQL of its states. Or explain a rule."""
    from valuekit.config.rules import RULES
    from valuekit.metrics.registry import FAMILIES

    rule = RULES.get(name.upper())
    family = FAMILIES.get(name)
    if rule is not None:
        body, text = {"rule": _rule_body(rule)}, _rule_text(rule)
    elif family is not None:
        body, text = {"family": _family_body(family)}, _family_text(family)
    else:
        owners = _owners(name, tuple(FAMILIES.values()))
        if not owners:
            known = [score.name for one in FAMILIES.values() for score in one.catalogue]
            raise unknown(
                "score, family or rule", name, [*known, *FAMILIES, *RULES], "See 'valuekit explain engagement'."
            )
        body, text = {"score": _score_body(owners)}, _score_text(owners)
    session.out.write(listing.document(body) if layout == "json" else text)


def _owners(name: str, families: Sequence["Family"]) -> list[tuple["Family", "Score"]]:
    """The families that have a score, whatever the case of its name."""
    return [
        (family, score) for family in families for score in family.catalogue if score.name.casefold() == name.casefold()
    ]


def _score_body(owners: Sequence[tuple["Family", "Score"]]) -> dict[str, object]:
    family, score = owners[0]
    return {
        "name": score.name,
        "families": [one.name for one, _ in owners],
        "kind": str(score.kind),
        "unit": score.unit,
        "formula": score.formula,
        "null_when": score.null_when,
        "stored": score.stored,
        "states": _states(family, score),
    }


def _states(family: "Family", score: "Score") -> list[dict[str, str]]:
    """The stored columns that a score is computed from, with the SQL that builds and that merges each."""
    from valuekit.config.models import MetricConfig

    example = MetricConfig(
        name=family.name, family=family.name, group_by=("Channel",), positive=("Clicked",), negative=("Impression",)
    )
    named = {part.strip() for part in score.stored.split(",")}
    columns = [column for state in family.declare(example, ()).states for column in state.stored]
    return [
        {"column": column.name, "type": column.sql_type, "build": column.build, "merge": column.merge}
        for column in columns
        if column.name in named
    ]


def _score_text(owners: Sequence[tuple["Family", "Score"]]) -> str:
    body = _score_body(owners)
    lines = [
        f"{body['name']} ({', '.join(family.name for family, _ in owners)})",
        f"  formula    {body['formula']}",
        f"  kind       {body['kind']}",
        f"  unit       {body['unit']}",
        f"  null when  {body['null_when']}",
        f"  stored     {body['stored']}",
    ]
    for state in _states(*owners[0]):
        lines += [
            f"  {state['column']} {state['type']}",
            f"    build    {state['build']}",
            f"    merge    {state['merge']}",
        ]
    return "\n".join(lines) + "\n"


def _family_body(family: "Family") -> dict[str, object]:
    scores = [{"name": score.name, "kind": str(score.kind), "formula": score.formula} for score in family.catalogue]
    return {"name": family.name, "scores": scores}


def _family_text(family: "Family") -> str:
    width = max(len(score.name) for score in family.catalogue)
    lines = [f"{family.name}: a family of metrics. Its scores:"]
    lines += [f"  {score.name:<{width}}  {score.formula}" for score in family.catalogue]
    return "\n".join(lines) + "\n"


def _rule_body(rule: "Rule") -> dict[str, object]:
    return {**asdict(rule), "severity": str(rule.severity)}


def _rule_text(rule: "Rule") -> str:
    lines = [f"{rule.id} ({rule.severity}): {rule.title}", "", rule.what, "", f"Why: {rule.why}"]
    for title, example in (("Bad", rule.bad), ("Good", rule.good)):
        lines += ["", f"{title}:", *(f"    {line}" for line in example.strip().splitlines())]
    return "\n".join(lines) + "\n"
