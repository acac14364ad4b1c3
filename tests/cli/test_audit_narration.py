"""How much of an audit of outcome labels is said, and how loud."""

from __future__ import annotations

import io

from valuekit.cli import audit
from valuekit.cli.narrate import Narrator
from valuekit.metrics.base import Labels
from valuekit.pipeline.outcomes import Lack, MetricOutcomes, Occurrence, OutcomeAudit, Unseen

SEEN = (Occurrence("Impression", 90, 0.9), Occurrence(None, 10, 0.1))


def _metric(name: str, *unseen: Unseen, lacking: tuple[Lack, ...] = ()) -> MetricOutcomes:
    labels = Labels(("Clicked", *(item.label for item in unseen)), ("Impression",))
    return MetricOutcomes(name, labels, unseen, SEEN[1:], lacking)


def _said(found: OutcomeAudit, *, quiet: bool = False, **flags: bool) -> list[str]:
    stream = io.StringIO()
    audit.narrate(found, Narrator(stream, quiet=quiet), **flags)
    return stream.getvalue().splitlines()


MANY = OutcomeAudit(
    SEEN,
    (
        _metric("a", Unseen("Bought", "positive", None, suspect=False)),
        _metric("b", Unseen("Impresion", "positive", "Impression", suspect=True)),
        *(_metric(f"m{number}", Unseen(f"x{number}", "positive", None, suspect=False)) for number in range(3)),
        _metric("z", lacking=(Lack("positive", occurs=False, shadowed=False),)),
    ),
)


def test_what_makes_numbers_wrong_is_a_warning_and_of_the_rest_the_first_few_are_said() -> None:
    assert _said(MANY) == [
        (
            "valuekit: warning: metric z: none of its positive labels (Clicked) occurs in the data, so no offer counts "
            "as positive; there are Impression (90.0%), none (10.0%): see `valuekit list outcomes`"
        ),
        'valuekit: warning: metric b: the positive label "Impresion" never occurs; did you mean "Impression"?',
        'metric a: the positive label "Bought" never occurs',
        'metric m0: the positive label "x0" never occurs',
        'metric m1: the positive label "x1" never occurs',
        "… and 2 more about outcomes: valuekit list outcomes",
    ]


def test_remarks_and_warnings_can_be_left_out() -> None:
    assert len(_said(MANY, remark=False)) == 2
    assert len(_said(MANY, warn=False)) == 4
    assert len(_said(MANY, quiet=True)) == 2


def test_all_is_well() -> None:
    assert _said(OutcomeAudit(SEEN[:1], (_metric("a"),))) == []


def test_many_labels_are_shortened_with_their_number() -> None:
    unseen = [Unseen(f"x{number}", "positive", None, suspect=False) for number in range(8)]
    (line,) = _said(OutcomeAudit(SEEN[:1], (_metric("a", *unseen), _metric("b", *unseen))))
    assert line == 'metrics a, b: the positive labels "x0", "x1", "x2", "x3", "x4" and 3 more never occur'
