"""`valuekit explain`: what a score is and when it has no value, or what a rule of `validate` means."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from valuekit.cli import listing, scores
from valuekit.cli.complete import explainable_names
from valuekit.cli.session import Session
from valuekit.config.nearest import unknown

if TYPE_CHECKING:
    from valuekit.config.rules import Rule

EXAMPLE = "valuekit explain Lift"


def explain(
    session: Session,
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            help="A score, a metric family, or a rule such as VK203.",
            autocompletion=explainable_names,
        ),
    ],
    *,
    layout: Annotated[Literal["text", "json"], typer.Option("--format", help="How to write.")] = "text",
) -> None:
    """Explain a score: formula, kind, null when, what is stored, the SQL of its states. Or explain a rule."""
    from valuekit.config.rules import RULES
    from valuekit.metrics.registry import CATALOGUES

    body: Mapping[str, object]
    rule = RULES.get(name.upper())
    family = CATALOGUES.get(name)
    if rule is not None:
        body, text = {"rule": _rule_body(rule)}, _rule_text(rule)
    elif family is not None:
        body, text = {"family": scores.family_body(family)}, scores.family_text(family)
    else:
        meanings = scores.meanings(name, CATALOGUES.values())
        if not meanings:
            known = [score.name for one in CATALOGUES.values() for score in one.catalogue]
            names = [*dict.fromkeys(known), *CATALOGUES, *RULES]
            raise unknown("score, family or rule", name, names, "See 'valuekit explain engagement'.")
        body, text = {"score": scores.score_body(meanings)}, scores.score_text(meanings)
    session.out.write(listing.document(body) if layout == "json" else text)


def _rule_body(rule: "Rule") -> dict[str, object]:
    return {**asdict(rule), "severity": str(rule.severity)}


def _rule_text(rule: "Rule") -> str:
    lines = [f"{rule.id} ({rule.severity}): {rule.title}", "", rule.what, "", f"Why: {rule.why}"]
    for title, example in (("Bad", rule.bad), ("Good", rule.good)):
        lines += ["", f"{title}:", *(f"    {line}" for line in example.strip().splitlines())]
    return "\n".join(lines) + "\n"
