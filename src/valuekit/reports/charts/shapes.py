"""What a picture is drawn from: the bounded table of a panel, its colours, and the room there is.

Owns the value that the functions of every mark take, and nothing that they draw.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from valuekit.reports.charts import dataset
from valuekit.reports.low_counts import low_counts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from valuekit.reports.palette import Palette
    from valuekit.reports.report import Channel, Column, Panel, Picture

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"
Spec: TypeAlias = "dict[str, Json]"

SPLITS: tuple[Channel, ...] = ("frame", "facet_row", "facet_column")
"""What has a small picture for each of its values."""

NARROW = 480
"""Below this width a picture is laid out for a phone."""


@dataclass(frozen=True)
class Drawing:
    """A panel about to be drawn.

    Attributes:
        panel: with only the rows that are drawn.
        picture: what is drawn of it.
        palette: the colours.
        width: of the whole picture, in pixels.
        cell: of the plot, or of one of a grid of small ones.
        remarks: what is left out and what marks mean, a sentence each.
        domains: the extent of axes that must not depend on the rows drawn, by column.
    """

    panel: Panel
    picture: Picture
    palette: Palette
    width: int
    cell: int
    remarks: tuple[str, ...] = ()
    domains: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    @property
    def narrow(self) -> bool:
        """Whether there is little room in width."""
        return self.width < NARROW

    def has(self, channel: Channel) -> bool:
        """Whether a channel is used."""
        return self.picture.column(channel) is not None

    def column(self, channel: Channel) -> Column:
        """The column of a channel that is used."""
        name = self.picture.column(channel)
        if name is None:
            raise ValueError(f"the picture has no {channel}")
        return self.panel.column(name)

    def path(self) -> list[Column]:
        """The columns of `path`, outermost first."""
        found = self.picture.channels.get("path", ())
        return [self.panel.column(name) for name in ((found,) if isinstance(found, str) else found)]

    def field(self, column: Column | str) -> str:
        """The field of a row that holds a column."""
        name = column if isinstance(column, str) else column.name
        return dataset.fields(self.panel)[name]

    def labels(self, channel: Channel) -> list[str]:
        """The values of a channel's dimension, each once, in the order of an axis."""
        column = self.column(channel)
        values = self.panel.table[column.name].unique(maintain_order=True)
        ordered = values.sort(nulls_last=False) if is_ordered(column, self.panel) else values
        return list(dict.fromkeys(dataset.label(value) for value in ordered.to_list()))

    def beside(self, names: Channel) -> int:
        """How many colours stand beside each other at a name: one where a name, in its small picture, has but one."""
        if not self.has("color"):
            return 1
        keys = {self.column(names).name}
        keys |= {self.column(one).name for one in SPLITS if self.has(one)}
        pairs = self.panel.table.select(keys | {self.column("color").name}).unique()
        return 1 if pairs.height == pairs.select(keys).unique().height else len(self.labels("color"))

    def few_cases(self) -> bool:
        """Whether a row that is drawn rests on few cases."""
        return any(low_counts(self.panel))


def is_ordered(column: Column, panel: Panel) -> bool:
    """Whether the values of a dimension have an order of their own: times and numbers do, names do not."""
    return column.unit == "time" or panel.table.schema[column.name].is_numeric()
