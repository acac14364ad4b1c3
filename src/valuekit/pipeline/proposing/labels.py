"""Which outcomes are a success and which a failure.

Owns the vocabulary of Pega's outcomes. What is not in it is never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Role = Literal["answer", "conversion", "shown", "refusal"]

_WORDS: Mapping[Role, tuple[str, ...]] = {
    "answer": (
        *("click", "clicked", "clickthrough", "clickedthrough", "accept", "accepted", "agreed", "interested"),
        *("responded", "engaged"),
    ),
    "conversion": (
        *("conversion", "converted", "convert", "purchase", "purchased", "bought", "ordered", "sold", "signed"),
        *("subscribed", "activated"),
    ),
    "shown": (
        *("impression", "impressed", "pending", "noresponse", "noreply", "noanswer", "sent", "send", "delivered"),
        *("shown", "presented", "displayed", "offered", "ignored"),
    ),
    "refusal": (
        *("rejected", "reject", "declined", "decline", "dismissed", "dismiss", "refused", "notinterested"),
        *("unsubscribed", "optedout"),
    ),
}
_ROLES = {word: role for role, words in _WORDS.items() for word in words}
_SEEN = frozenset(
    {"impression", "impressed", "sent", "send", "delivered", "shown", "presented", "displayed", "offered"}
)
_SEPARATORS = re.compile(r"[\s_-]+")


def role_of(label: str) -> Role | None:
    """What an outcome is by its name; None where the name is not known."""
    return _ROLES.get(_word(label))


def _word(label: str) -> str:
    return _SEPARATORS.sub("", label.casefold())


@dataclass(frozen=True)
class Outcomes:
    """The outcomes of a sample by what they are, the most frequent first.

    Attributes:
        counts: rows by outcome.
        rows: rows in all, those without an outcome included.
    """

    counts: Mapping[str, int]
    rows: int

    def of(self, *roles: Role) -> tuple[str, ...]:
        """The outcomes that are one of these."""
        return tuple(label for label in self.counts if _fit(label) and role_of(label) in roles)

    @property
    def undecided(self) -> tuple[str, ...]:
        """The outcomes whose names say nothing."""
        return tuple(label for label in self.counts if role_of(label) is None or not _fit(label))

    @property
    def positive(self) -> tuple[str, ...]:
        """What counts as a success where people are to respond: an answer, or where there is none a conversion."""
        return self.of("answer") or self.of("conversion")

    @property
    def negative(self) -> tuple[str, ...]:
        """What counts as a failure there."""
        return self.of("shown", "refusal")

    @property
    def missing(self) -> int:
        """Rows without an outcome."""
        return self.rows - sum(self.counts.values())


def _fit(label: str) -> bool:
    """Whether a config can hold the label."""
    return bool(label.strip()) and "\0" not in label


def stages(labels: Sequence[str]) -> tuple[str, ...]:
    """Put outcomes into the order of a funnel, one for each step, the most frequent: shown, answered, converted.

    There is none where being shown is no outcome of its own: what nobody answered is no step on the way.
    """
    shown = next((label for label in labels if _word(label) in _SEEN), None)
    steps: tuple[Role, ...] = ("answer", "conversion")
    later = (next((label for label in labels if role_of(label) == step), None) for step in steps)
    return () if shown is None else tuple(label for label in (shown, *later) if label is not None)
