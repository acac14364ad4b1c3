"""What a process of the command line does without: pandas.

Owns the answer to pyarrow, which imports pandas, where it is installed, at the first array that it converts; that takes
a quarter of a second, and no verb has anything of pandas to convert. Never changes a process that is not the command
line's own, and never stands in the way of lifetimes, which needs pandas.
"""

from __future__ import annotations

import sys
from importlib.machinery import ModuleSpec
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.abc import Loader
    from types import ModuleType

_NAME, _NEEDS_IT = "pandas", "lifetimes"


class WithoutPandas:
    """Finds pandas and then says that it is not there, until lifetimes is imported."""

    def find_spec(
        self,
        name: str,
        path: Sequence[str] | None = None,  # noqa: ARG002  # the signature that Python calls
        target: ModuleType | None = None,  # noqa: ARG002  # as above
    ) -> ModuleSpec | None:
        """Take pandas over; every other module is found as ever."""
        if name != _NAME or _NEEDS_IT in sys.modules:
            return None
        return ModuleSpec(name, cast("Loader", self))

    def create_module(self, spec: ModuleSpec) -> None:
        """Leave it to Python to make the module."""

    def exec_module(self, module: ModuleType) -> None:
        """Say that there is no pandas.

        Raises:
            ModuleNotFoundError: always; pyarrow then converts without.
        """
        raise ModuleNotFoundError(f"{module.__name__} is left out: no verb needs it", name=module.__name__)


def leave_out_pandas() -> None:
    """Let nothing but lifetimes import pandas in this process."""
    if _NAME not in sys.modules:
        sys.meta_path.insert(0, WithoutPandas())
