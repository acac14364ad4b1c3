"""What a clv metric needs of its columns: VK416 and VK419.

Owns the types that the value, the date and the contract of a purchase may have. A run refuses what is found here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from valuekit.config.findings import quoted
from valuekit.metrics.properties import is_number
from valuekit.validate.uses import at, given

if TYPE_CHECKING:
    from collections.abc import Callable

    from valuekit.config.collect import Place
    from valuekit.config.models import MetricConfig

_ROLES = ("customer_id_col", "purchase_date_col", "monetary_value_col")


def check_roles(section: MetricConfig, root: Place) -> bool:
    """Report one column that is to be two things of a purchase, at the key that is written last.

    Returns:
        Whether every column is one thing.
    """
    table = given(root, ("metrics", section.name))
    written = list(table) if isinstance(table, dict) else []
    seen: dict[str, str] = {}
    for role in sorted(_ROLES, key=lambda role: written.index(role) if role in written else -1):
        column = getattr(section, role)
        other = seen.setdefault(column, role)
        if other != role:
            _report(section, role, root, "VK416", f"{other} and {role} are both {quoted(column)}")
    return len(seen) == len(_ROLES)


def check_types(section: MetricConfig, root: Place, types: Callable[[str], str]) -> None:
    """Report columns of a clv metric that hold something else than they must.

    Args:
        section: the metric.
        root: the top of the document.
        types: gives the DuckDB type of a column of holdings.
    """
    date = section.purchase_date_col
    if types(date) not in ("DATE", "TIMESTAMP"):
        _report(section, "purchase_date_col", root, "VK419", _wrong(date, "a date or a time", types(date)))
    numbers = ["monetary_value_col"]
    if section.model == "contractual":
        numbers += ["recurring_period", "recurring_cost"]
    for key in numbers:
        column = getattr(section, key)
        if column is not None and not is_number(types(column)):
            _report(section, key, root, "VK419", _wrong(column, "a number", types(column)))


def _wrong(column: str, wanted: str, found: str) -> str:
    return f"{quoted(column)} must be {wanted}, but [holdings.extensions] columns makes it {found}"


def _report(section: MetricConfig, key: str, root: Place, rule: str, message: str) -> None:
    """Report at a key of the metric, or at its title where the key has its default."""
    place = at(root, ("metrics", section.name))
    if (place / key).exists():
        (place / key).report(rule, message)
    else:
        place.report_key(rule, message)
