"""Metrics over Interaction History that a sample can give, with their reasons.

Owns what each family needs of the columns and outcomes. Never reads a file, and never invents an outcome's meaning.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from valuekit.config.families import FAMILIES
from valuekit.config.proposal import Entry, Noted, Section, cited, listed
from valuekit.pipeline.proposing import pictures
from valuekit.pipeline.proposing.labels import Outcomes, stages
from valuekit.pipeline.proposing.profile import Profile, as_share

if TYPE_CHECKING:
    from valuekit.pipeline.proposing.dimensions import Dimensions

ARM = "ModelControlGroup"
EXPERIMENT = ("ExperimentName", "ExperimentGroup")
_SCORES = ("Propensity", "FinalPropensity")
_NUMBERS = ("Propensity", "FinalPropensity", "Priority", "Revenue", "Value", "Weight", "OutcomeWeight")
_SHOWN = 12


@dataclass(frozen=True)
class Arms:
    """The labels of the two arms, and the rows of each."""

    control: str
    test: str
    control_rows: int
    test_rows: int


@dataclass(frozen=True)
class Offers:
    """What metrics over offers are made of.

    Attributes:
        profile: the rows.
        outcomes: their outcomes.
        dimensions: what to ask by.
        own_numbers: columns of numbers that Pega does not define.
    """

    profile: Profile
    outcomes: Outcomes
    dimensions: Dimensions
    own_numbers: tuple[str, ...]

    @property
    def few(self) -> tuple[str, ...]:
        """Dimensions with few values."""
        return self.dimensions.of_few(pictures.FEW)

    @property
    def arms(self) -> Arms | None:
        """The arms; None where they cannot be told."""
        return arms_of(self.profile)

    @property
    def responds(self) -> bool:
        """Whether successes and failures can be told."""
        return bool(self.outcomes.positive and self.outcomes.negative)

    def sections(self) -> Iterator[Section]:
        """The metrics, each followed by its reports."""
        yield from self._engagement()
        yield from self._conversion()
        yield from self._experiment()
        yield from self._models()
        yield from self._descriptive()

    def _by(self, most: int | None = None) -> Entry:
        return Entry("group_by", ("Day", *self.dimensions.names[:most]))

    def _labels(self, positive: Sequence[str], negative: Sequence[str]) -> tuple[Entry, Entry]:
        def noted(labels: Sequence[str]) -> tuple[Noted, ...]:
            return tuple(Noted(label, self._share(label)) for label in labels)

        return (
            Entry("positive_model_response", noted(positive)),
            Entry("negative_model_response", noted(negative)),
        )

    def _share(self, label: str) -> str:
        return f"{as_share(self.outcomes.counts[label], self.outcomes.rows)} of the rows"

    def undecided(self, counted: Sequence[str]) -> tuple[str, ...]:
        """Say which outcomes a metric leaves out."""
        elsewhere = [label for label in self.outcomes.of("conversion") if label not in counted]
        left = [label for label in self.outcomes.counts if label not in counted and label not in elsewhere]
        if elsewhere:
            later = (f"{', '.join(map(cited, elsewhere[:_SHOWN]))}: left to [metrics.conversion].",)
            return (*later, *self.undecided((*counted, *elsewhere)))
        if not left:
            return ()
        named = ", ".join(f"{cited(label)} ({self._share(label)})" for label in left[:_SHOWN])
        more = f" and {len(left) - _SHOWN:,} more" if len(left) > _SHOWN else ""
        return (f"Undecided: {named}{more}. They count as neither; add them to a list if they should.",)

    def _engagement(self) -> Iterator[Section]:
        outcomes = self.outcomes
        positive = outcomes.of("answer")
        title = "Engagement: how many offers were answered."
        if not positive and outcomes.positive:
            return
        section = Section(
            ("metrics", "engagement"), (self._by(), *self._labels(positive, outcomes.negative)), why=(title,)
        )
        if not self.responds:
            yield self._open_question(section)
            return
        arms = self.arms
        scores = _without_arms("engagement") if arms is None else ()
        yield replace(
            section,
            why=(title, *self.undecided((*positive, *outcomes.negative))),
            entries=(*section.entries, *self._arm_entries(arms), *scores),
        )
        yield from pictures.of_rate(
            "engagement", "CTR", "Click-through rate", tag="ENG", many=self.dimensions.names, few=self.few
        )
        if arms is not None:
            yield from pictures.of_lift("engagement", self.few)

    def _open_question(self, section: Section) -> Section:
        """The metric as a comment: an outcome's meaning is asked for, not invented."""
        lacking = "success" if not self.outcomes.positive else "failure"
        which = "None" if self.outcomes.counts else "There is no outcome at all, so none"
        said = (
            f"{which} of the outcomes is known to be a {lacking}, and nothing is invented: say which ones are, and "
            "take the # away."
        )
        counted = (*self.outcomes.positive, *self.outcomes.negative)
        return replace(section, active=False, why=(*section.why, said, *self.undecided(counted)))

    def _arm_entries(self, arms: Arms | None) -> tuple[Entry, ...]:
        if arms is None:
            return ()
        share = self.profile.share
        said = (
            f"Lift compares two arms: control has {share(arms.control_rows)} of the rows, test {share(arms.test_rows)}."
        )
        return Entry("arm_column", ARM, said), Entry("control", arms.control), Entry("test", arms.test)

    def _conversion(self) -> Iterator[Section]:
        outcomes, has_revenue = (
            self.outcomes,
            self.profile.has("Revenue") and bool((self.profile.numbers("Revenue") != 0).any()),
        )
        positive = outcomes.of("conversion")
        why = "Conversion: how many offers led to a purchase or the like, and what they earned."
        if not positive and has_revenue:
            positive = tuple(label for label in outcomes.of("answer") if self._earns(label))
            why += " No outcome is named so, but rows with these outcomes have Revenue."
        negative = tuple(label for label in outcomes.of("shown", "refusal", "answer") if label not in positive)
        if not positive or not negative:
            return
        section = Section(
            ("metrics", "conversion"),
            (self._by(), *self._labels(positive, negative), *self._arm_entries(self.arms)),
            why=(why, *self.undecided((*positive, *negative))),
        )
        scores = [name for name in FAMILIES["conversion"].scores if self._conversion_has(name, has_revenue=has_revenue)]
        if len(scores) < len(FAMILIES["conversion"].scores):
            said = "Without what needs columns that the sample does not have: Revenue, arms or ConversionEventID."
            section = replace(section, entries=(*section.entries, Entry("scores", tuple(scores), said)))
        yield section
        yield from pictures.of_rate(
            "conversion", "ConversionRate", "Conversion rate", tag="CONV", many=self.dimensions.names, few=self.few
        )
        if has_revenue:
            yield pictures.report(
                "conversion_revenue", "conversion", "line", "[CONV] Revenue by day", ("Day",), x="Day", y="Revenue"
            )

    def _earns(self, label: str) -> bool:
        import polars as pl

        rows = self.profile.frame.filter(pl.col("Outcome") == label)["Revenue"].cast(pl.Float64, strict=False)
        return bool((rows.fill_null(0) > 0).any())

    def _conversion_has(self, score: str, *, has_revenue: bool) -> bool:
        if "Lift" in score or score.startswith("Incremental"):
            return self.arms is not None and (has_revenue or "Revenue" not in score)
        if "Revenue" in score:
            return has_revenue
        return "Touchpoints" not in score or self.profile.has("ConversionEventID")

    def _experiment(self) -> Iterator[Section]:
        name, group = EXPERIMENT
        if not (self.profile.has(name) and self.profile.has(group)) or not self.responds:
            return
        names, groups = self.profile.counts(name), self.profile.counts(group)
        if len(groups) < 2:
            return
        said_names, said_groups = listed(list(names), 5), listed(list(groups), 5)
        why = f"Experiments: {len(names):,} by name ({said_names}), with {len(groups):,} arms ({said_groups})."
        control = next((label for label in groups if label.casefold() == "control"), None)
        outside = self.profile.rows - sum(names.values())
        share = f"{self.profile.share(outside)} of the rows are in no experiment."
        inside = (Entry("filter", f"{name} IS NOT NULL", share),) if outside else ()
        said = "" if control else "No arm is named Control: the first by name is compared with. Name another one here."
        yield Section(
            ("metrics", "experiment"),
            (
                Entry("group_by", ("Day", *self.few[:3])),
                *inside,
                Entry("experiment_name", name),
                Entry("experiment_group", group),
                Entry("control_group", control or min(groups), said, active=control is not None),
                *self._labels(self.outcomes.positive, self.outcomes.negative),
            ),
            why=(why,),
        )
        yield from pictures.of_experiments("experiment", name)

    def _models(self) -> Iterator[Section]:
        scored = [name for name in _SCORES if self.profile.has(name) and len(self.profile.numbers(name))]
        if not scored or not self.responds:
            return
        why = [f"Models: how well {' and '.join(scored)} rank and are calibrated, and how varied the offers are."]
        for name in scored:
            numbers = self.profile.numbers(name)
            outside = int(((numbers < 0) | (numbers > 1)).sum())
            zeros = int((numbers == 0).sum())
            if outside:
                why.append(
                    f"{name} lies outside 0 to 1 in {outside:,} of the rows, so brier, log_loss and ece have no value."
                )
            if zeros:
                why.append(
                    f"{name} is 0 in {as_share(zeros, len(numbers))} of the rows that have it: hardly a model's score."
                )
        yield Section(
            ("metrics", "model_ml_scores"),
            (self._by(5), *self._labels(self.outcomes.positive, self.outcomes.negative)),
            why=tuple(why),
        )
        many = self.dimensions.names[:5]
        yield from pictures.of_models("model_ml_scores", [name for name in self.few if name in many], many)

    def _descriptive(self) -> Iterator[Section]:
        profile = self.profile
        numbers = [name for name in _NUMBERS if profile.has(name) and profile.numbers(name).n_unique() > 1]
        times = ["ResponseTime"] if profile.has("DecisionTime") else []
        few = self.few[:2]
        flat = [name for name in _NUMBERS if profile.has(name) and name not in numbers]
        why = ["How values are distributed, and how often each outcome occurs. Here every row counts by itself."]
        if flat:
            why.append(f"Left out, for they have one value: {listed(flat)}.")
        yield Section(
            ("metrics", "descriptive"),
            (
                Entry("group_by", ("Day", *few, "Outcome")),
                Entry("columns", (*numbers, *times, *self.own_numbers, "Outcome")),
            ),
            why=tuple(why),
        )
        steps = stages(tuple(self.outcomes.of("shown", "answer", "conversion")))
        yield from pictures.of_values("descriptive", [*numbers, *times], few, steps)


def _without_arms(family: str) -> tuple[Entry, ...]:
    scores = tuple(name for name in FAMILIES[family].scores if "Lift" not in name)
    return (Entry("scores", scores, f"Without Lift: {ARM} does not tell a test arm from a control arm in the sample."),)


def arms_of(profile: Profile) -> Arms | None:
    """Tell the arms by their labels: one that says control, and one that says test or is the only other."""
    if not profile.has(ARM):
        return None
    counts = profile.counts(ARM)
    controls = [label for label in counts if "control" in label.casefold() and "\0" not in label]
    if not controls:
        return None
    control = min(controls, key=lambda label: (label.casefold() != "control", -counts[label]))
    others = [label for label in counts if label not in controls and label.strip() and "\0" not in label]
    named = [label for label in others if any(word in label.casefold() for word in ("test", "target", "treat"))]
    test = next(iter(named or (others if len(others) == 1 else ())), None)
    return None if test is None else Arms(control, test, counts[control], counts[test])
