"""Loading: a config in order becomes frozen models with every default filled in."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from valuekit.config.findings import Severity
from valuekit.config.load import check, load
from valuekit.config.models import Config, MetricConfig, ReportConfig, SourceConfig
from valuekit.errors import ConfigError

LABELS = 'positive_model_response = ["Clicked"]\nnegative_model_response = ["Impression"]\n'
SMALL = f'[ih]\n[metrics.engagement]\ngroup_by = ["Channel"]\n{LABELS}'


def loaded(text: str) -> Config:
    checked = check(None, text)
    assert checked.config is not None, [str(finding) for finding in checked.findings]
    return checked.config


def metric(text: str, name: str = "engagement") -> MetricConfig:
    return loaded(text).metrics[name]


def test_absent_keys_have_the_documented_defaults(tmp_path: Path) -> None:
    path = tmp_path / "sub" / "my.toml"
    path.parent.mkdir()
    path.write_text(SMALL)
    config = load(path)
    assert (config.file, config.folder) == (path, path.parent)
    assert config.ih == SourceConfig(kind="ih", path=path.parent)
    assert config.ih is not None
    assert (config.ih.file_type, config.ih.file_pattern, config.ih.timezone) == ("pega_ds_export", "**/*.zip", "UTC")
    assert (config.ih.day_of, config.ih.fill_empty, config.ih.filter, config.ih.derived) == ("outcome", False, None, ())
    assert config.holdings is None
    assert config.cache.path == path.parent / ".valuekit"
    assert (config.cache.keep_facts, config.cache.memory_limit, config.cache.threads) == (None, None, None)
    one = config.metrics["engagement"]
    assert (one.name, one.family, one.group_by, one.scores) == ("engagement", "engagement", ("Channel",), None)
    assert (one.arm_column, one.control, one.test) == ("ModelControlGroup", "Control", "Test")
    assert (one.use_t_digest, one.compression, one.lifespan, one.discount_rate) == (True, 500, None, 0.01)


def test_paths_are_relative_to_the_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "conf").mkdir()
    path = tmp_path / "conf" / "my.toml"
    path.write_text(
        '[cache]\npath = "../numbers"\n[holdings]\npath = "/data/holdings"\n'
        + SMALL.replace("[ih]", '[ih]\npath = "in"')
    )
    monkeypatch.chdir(tmp_path)
    config = load(Path("conf/my.toml"))
    assert config.ih is not None
    assert config.holdings is not None
    assert config.ih.path == tmp_path / "conf" / "in"
    assert config.holdings.path == Path("/data/holdings")
    assert config.cache.path.resolve() == tmp_path / "numbers"
    text_only = check(None, SMALL).config
    assert text_only is not None
    assert (text_only.file, text_only.folder) == (None, tmp_path)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("true", True),
        ('"Yes"', True),
        ('"1"', True),
        ('"FALSE"', False),
        ('"no"', False),
        ('" 0 "', False),
        ("false", False),
    ],
)
def test_a_switch_may_be_a_text(written: str, meant: bool) -> None:  # noqa: FBT001  # a table
    config = loaded(SMALL.replace("[ih]", f"[ih]\nhive_partitioning = {written}"))
    assert config.ih is not None
    assert config.ih.hive_partitioning is meant


def test_the_dialects_names_become_ours() -> None:
    config = loaded(
        SMALL.replace(
            "[ih]",
            "[ih]\nih_group_pattern = 'a+'\n[ih.columns]\nCustomerID = 'Client'\n"
            "[ih.extensions.default_values]\nA = 0\nB = true\nC = 'x'\nD = 0.5",
        )
        + "[holdings]\nfile_type = 'xlsx'\nfile_group_pattern = 'b+'\n"
    )
    assert config.ih is not None
    assert config.holdings is not None
    assert (config.ih.group_pattern, config.holdings.group_pattern) == ("a+", "b+")
    assert config.ih.columns == {"CustomerID": "Client"}
    assert {name: (type(value), value) for name, value in config.ih.default_values.items()} == {
        "A": (int, 0),
        "B": (bool, True),
        "C": (str, "x"),
        "D": (float, 0.5),
    }
    assert metric(SMALL).positive == ("Clicked",)
    assert metric(SMALL).negative == ("Impression",)


@pytest.mark.parametrize(
    ("key", "value", "field", "meant"),
    [
        ("keep_facts", '"90d"', "keep_facts", timedelta(days=90)),
        ("keep_facts", '"12 W"', "keep_facts", timedelta(weeks=12)),
        ("memory_limit", '"512MB"', "memory_limit", "512MB"),
        ("memory_limit", '"2 gib"', "memory_limit", "2GiB"),
        ("memory_limit", '"1.5Gb"', "memory_limit", "1.5GB"),
        ("threads", "3", "threads", 3),
    ],
)
def test_the_cache_is_limited_as_it_says(key: str, value: str, field: str, meant: object) -> None:
    assert getattr(loaded(f"{SMALL}[cache]\n{key} = {value}").cache, field) == meant


@pytest.mark.parametrize("written", ["2026-01-31", '"2026-01-31"'])
def test_a_date_may_be_a_text(written: str) -> None:
    text = f'[holdings]\n[metrics.clv]\ngroup_by = ["A"]\nobservation_end = {written}\nlifespan = 3'
    assert metric(text, "clv").observation_end == date(2026, 1, 31)
    assert metric(text, "clv").lifespan == 3.0


def test_the_family_may_be_named() -> None:
    text = SMALL.replace("[metrics.engagement]", '[metrics."web clicks"]\nfamily = "engagement"')
    assert metric(text, "web clicks").family == "engagement"


def test_order_is_that_of_the_config() -> None:
    text = SMALL + "".join(f'[metrics.engagement_{name}]\ngroup_by = ["{name}"]\n{LABELS}' for name in "zay")
    assert list(loaded(text).metrics) == ["engagement", "engagement_z", "engagement_a", "engagement_y"]


def test_a_report_keeps_its_fields() -> None:
    config = loaded(
        SMALL
        + '[reports.one]\nmetric = "engagement"\ntype = "gauge"\nvalue = "CTR"\ngroup_by = []\nshowlegend = "no"\n'
        "[reports.one.reference]\nWeb = 1\nMobile = 0.5\n"
    )
    assert config.reports["one"] == ReportConfig(
        name="one",
        metric="engagement",
        type="gauge",
        value="CTR",
        showlegend=False,
        reference={"Web": 1.0, "Mobile": 0.5},
    )


def test_a_source_that_is_needed_has_its_defaults() -> None:
    config = loaded(SMALL.replace("[ih]\n", ""))
    assert config.ih is not None
    assert config.holdings is None
    assert config.ih.file_pattern == "**/*.zip"


def test_models_are_frozen_and_closed() -> None:
    config = loaded(SMALL)
    with pytest.raises(ValidationError):
        config.folder = Path()  # type: ignore[misc]  # that it is refused is the point
    with pytest.raises(ValidationError):
        SourceConfig(kind="ih", path=Path(), nonsense=1)  # type: ignore[call-arg]  # that it is refused is the point


def test_load_names_every_error_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "valuekit.toml"
    path.write_text(SMALL.replace("[ih]", "[ih]\npaht = 'x'\nstreaming = true").replace('["Channel"]', "[]"))
    with pytest.raises(ConfigError) as raised:
        load(path)
    lines = str(raised.value).splitlines()
    assert len(lines) == 2
    assert lines[0].startswith(f"{path}:2:1: error VK202: ")
    assert lines[0].endswith("did you mean path?")
    assert lines[1].startswith(f"{path}:5:12: error VK403: ")


@pytest.mark.parametrize("written", ['""', '"""  """', "'\t'"])
def test_a_blank_filter_is_none(written: str) -> None:
    assert metric(SMALL + f"filter = {written}").filter is None


def test_a_filter_is_an_expression() -> None:
    expression = metric(SMALL + "filter = \"pl.col('Channel') == 'Web'\"").filter
    assert expression is not None
    assert expression.columns == {"Channel"}
    assert expression.dialect == "polars"


@pytest.mark.parametrize(
    "written",
    [
        "\"[pl.lit('x').alias('A'), pl.lit('y').alias('B')]\"",
        "[\"[pl.lit('x').alias('A')\", \"pl.lit('y').alias('B')]\"]",
        "{ A = \"pl.lit('x')\", B = \"pl.lit('y')\" }",
        "{ A = \"'x'\", B = \"'y'\" }",
    ],
)
def test_derived_columns_are_written_in_four_ways(written: str) -> None:
    config = loaded(SMALL.replace("[ih]", f"[ih]\n[ih.extensions]\ncolumns = {written}"))
    assert config.ih is not None
    assert [derived.name for derived in config.ih.derived] == ["A", "B"]
    assert all("'" in derived.expression.sql for derived in config.ih.derived)


def test_the_dashboards_own_template_is_accepted(shared_dir: Path) -> None:
    started = time.process_time()
    checked = check(shared_dir / "compat" / "config_template.toml")
    assert time.process_time() - started < 0.3
    assert {finding.rule for finding in checked.findings} == {"VK901"}
    assert {finding.severity for finding in checked.findings} == {Severity.INFO}
    config = checked.config
    assert config is not None
    assert list(config.metrics) == ["model_ml_scores", "engagement", "conversion", "descriptive", "experiment", "clv"]
    text = (shared_dir / "compat" / "config_template.toml").read_text(encoding="utf-8")
    assert list(config.reports) == re.findall(r"^\[reports\.(\w+)\]", text, flags=re.MULTILINE)
    assert config.ih is not None
    assert config.holdings is not None
    assert [derived.name for derived in config.ih.derived] == ["ConversionEventID"]
    assert [derived.name for derived in config.holdings.derived] == ["PurchasedDateTime"]
    assert config.holdings.filter is None
    assert config.ih.path == shared_dir / "compat"
    assert config.reports["gauge_channel_placement_type_conversion"].reference["Web_Engagement"] == 0.09


def test_a_config_without_sql_needs_no_data_library(tmp_path: Path) -> None:
    path = tmp_path / "valuekit.toml"
    path.write_text(SMALL + "filter = \"pl.col('Channel') == 'Web'\"")
    code = (
        "import sys; from pathlib import Path; import valuekit.config, valuekit.config.rules, valuekit.config.starter; "
        "assert 'pydantic' not in sys.modules; from valuekit.config.load import check; "
        "assert check(Path(sys.argv[1])).config is not None; "
        "heavy = {'duckdb', 'polars', 'pyarrow', 'scipy', 'numpy'} & set(sys.modules); assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
