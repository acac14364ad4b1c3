"""A config in memory: frozen models with every default filled in.

Owns the fields and their defaults. Never reads TOML and never judges a value: `valuekit.config.load` builds these
from values that are in order.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, GetPydanticSchema
from pydantic_core import core_schema

from valuekit.config.expressions import Derived, Expression

_CHECKED = GetPydanticSchema(lambda kind, _: core_schema.is_instance_schema(kind))
_Expression = Annotated[Expression, _CHECKED]
_Derived = Annotated[Derived, _CHECKED]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SourceConfig(_Model):
    """One kind of input: `[ih]` or `[holdings]`.

    Attributes:
        kind: which section it is.
        path: the folder with the files, absolute.
        file_type: how the files are read.
        file_pattern: which files below `path`.
        group_pattern: a regular expression over file names, a label for progress only.
        hive_partitioning: whether folders named `key=value` are columns.
        timezone: the IANA zone in which a time becomes a day.
        day_of: which time an offer's Day comes from.
        keep_columns: columns to land although nothing in the config reads them.
        fill_empty: whether `default_values` also replace empty texts.
        columns: the source's name for a canonical column name.
        filter: which rows count; None for all.
        derived: columns that expressions add, in order.
        default_values: for columns that a file lacks, and for nulls.
    """

    kind: Literal["ih", "holdings"]
    path: Path
    file_type: Literal["pega_ds_export", "parquet", "csv", "xlsx"] = "pega_ds_export"
    file_pattern: str = "**/*.zip"
    group_pattern: str | None = None
    hive_partitioning: bool = False
    timezone: str = "UTC"
    day_of: Literal["outcome", "decision"] = "outcome"
    keep_columns: tuple[str, ...] = ()
    fill_empty: bool = False
    columns: Mapping[str, str] = {}
    filter: _Expression | None = None
    derived: tuple[_Derived, ...] = ()
    default_values: Mapping[str, str | int | float | bool] = {}


class MetricConfig(_Model):
    """One `[metrics.<name>]` section; fields that another family owns keep their defaults.

    Attributes:
        name: the section's name.
        family: what is computed: engagement, conversion, experiment, model_ml_scores, descriptive or clv.
        group_by: the finest grain that can be asked for.
        filter: which rows count, besides the source's filter; None for all.
        scores: which scores are shown by default; None for all.
        positive: outcomes that are a success (`positive_model_response`).
        negative: outcomes that are a failure (`negative_model_response`).
        arm_column: the column that says to which arm an offer belongs.
        control: its label of the control arm.
        test: its label of the test arm.
        use_t_digest: quantiles and rankings from digests; False for exact ones from the facts.
        compression: the digests' delta.
        columns: which columns a descriptive metric describes.
        experiment_name: the column that names an experiment.
        experiment_group: the column that names its arm.
        control_group: the control arm's label; None for the rule of the family.
        order_id_col: the column that identifies a purchase.
        customer_id_col: the column that identifies a customer.
        monetary_value_col: the column with a purchase's value.
        purchase_date_col: the column with its date.
        model: how lifetime value is computed.
        recurring_period: the column with a contract's number of periods.
        recurring_cost: the column with its cost per period.
        lifespan: how many years of purchases before the observation end count; None for all.
        observation_end: the last day that counts; None for the last purchase date in the data.
        frequency_of: whether frequency counts purchase dates or orders, for segments only.
        discount_rate: per month, for predicted values.
        rfm_segment_config: the name of a built-in map of segments.
        rfm_segments: a map of one's own, for each segment its codes of quartiles R, F, M; it wins over a built-in one.
    """

    name: str
    family: str
    group_by: tuple[str, ...]
    filter: _Expression | None = None
    scores: tuple[str, ...] | None = None
    positive: tuple[str, ...] = ()
    negative: tuple[str, ...] = ()
    arm_column: str = "ModelControlGroup"
    control: str = "Control"
    test: str = "Test"
    use_t_digest: bool = True
    compression: int = 500
    columns: tuple[str, ...] = ()
    experiment_name: str = "ExperimentName"
    experiment_group: str = "ExperimentGroup"
    control_group: str | None = None
    order_id_col: str = "HoldingID"
    customer_id_col: str = "CustomerID"
    monetary_value_col: str = "OneTimeCost"
    purchase_date_col: str = "PurchasedDateTime"
    model: Literal["non-contractual", "contractual"] = "non-contractual"
    recurring_period: str | None = None
    recurring_cost: str | None = None
    lifespan: float | None = None
    observation_end: date | None = None
    frequency_of: Literal["dates", "orders"] = "dates"
    discount_rate: float = 0.01
    rfm_segment_config: str = "retail_banking"
    rfm_segments: Mapping[str, tuple[str, ...]] | None = None


class ReportConfig(_Model):
    """One `[reports.<name>]` section: a metric, a grain and a picture.

    Attributes:
        name: the section's name.
        metric: which metric it shows.
        type: which picture it is.
        description: its title; a leading `[TAG]` is its category. None: the name will do.
        group_by: its grain.
        x: what is on the horizontal axis; like the other fields of a picture a dimension, a score or a column.
        y: what is on the vertical axis.
        color: what colours.
        size: what scales.
        value: what a gauge shows.
        r: what a polar bar's length is.
        theta: what its angle is.
        property: which described column.
        score: which score of the described column.
        stages: the outcomes of a funnel, in order.
        facet_row: one row of pictures for each value.
        facet_column: one column of pictures for each value.
        animation_frame: one frame for each value.
        animation_group: what stays the same thing from frame to frame.
        reference: what a gauge is compared with, by the values of its dimensions joined by underscores.
        log_x: whether the horizontal axis is logarithmic.
        log_y: whether the vertical axis is logarithmic.
        showlegend: whether there is a legend; None leaves it to the picture.
    """

    name: str
    metric: str
    type: str
    description: str | None = None
    group_by: tuple[str, ...] = ()
    x: str | None = None
    y: str | None = None
    color: str | None = None
    size: str | None = None
    value: str | None = None
    r: str | None = None
    theta: str | None = None
    property: str | None = None
    score: str | None = None
    stages: tuple[str, ...] = ()
    facet_row: str | None = None
    facet_column: str | None = None
    animation_frame: str | None = None
    animation_group: str | None = None
    reference: Mapping[str, float] = {}
    log_x: bool = False
    log_y: bool = False
    showlegend: bool | None = None


class CacheConfig(_Model):
    """The `[cache]` section.

    Attributes:
        path: the cache folder, absolute.
        keep_facts: how long facts are kept; None for ever.
        memory_limit: what a run may take, about, as DuckDB writes amounts; None for a quarter of the machine's.
        threads: how many threads DuckDB may use; None for half of the processors.
    """

    path: Path
    keep_facts: timedelta | None = None
    memory_limit: str | None = None
    threads: int | None = None


class Config(_Model):
    """A whole config.

    Attributes:
        file: where it was read from; None for a text.
        folder: the folder that relative paths are relative to, absolute.
        text: the document that it was read from.
        ih: the Interaction History source; None where no section and no metric asks for it.
        holdings: the product holdings source, likewise.
        global_filters: dimensions that every metric keeps.
        metrics: by name, in the config's order.
        reports: by name, in the config's order.
        cache: where facts and states are kept.
        copyright: the section as written; like the next three of no effect on numbers.
        ux: the section as written.
        variants: the section as written.
        chat_with_data: the section as written.
    """

    file: Path | None
    folder: Path
    text: str = ""
    ih: SourceConfig | None = None
    holdings: SourceConfig | None = None
    global_filters: tuple[str, ...] = ()
    metrics: Mapping[str, MetricConfig] = {}
    reports: Mapping[str, ReportConfig] = {}
    cache: CacheConfig
    copyright: Mapping[str, object] = {}
    ux: Mapping[str, object] = {}
    variants: Mapping[str, object] = {}
    chat_with_data: Mapping[str, object] = {}
