"""From a document to the bytes of a PDF, equal for equal documents.

Owns the call of the typesetter: its fonts, its clock and its input. Never says what stands where.
"""

from __future__ import annotations

import json
from datetime import UTC
from importlib.resources import files
from typing import TYPE_CHECKING

from valuekit.reports.pdf.contents import contents

if TYPE_CHECKING:
    from valuekit.reports.report import Document, Provenance

_WIDE_COVER = ((0x0000, 0x0590), (0x0600, 0x0700), (0x1E00, 0x2E80), (0xFB50, 0xFE00), (0xFE70, 0xFF00))
"""Characters that the typesetter's own fonts have: Latin, Greek, Cyrillic, Arabic, signs and arrows."""


def render(document: Document) -> bytes:
    """Lay out a document as PDF.

    Its date is that of the run that its numbers come from. The fonts are the typesetter's own; those of the system are
    looked at only where the document has characters that the former lack, such as Chinese ones or emoji.
    """
    import typst

    text = json.dumps(contents(document), ensure_ascii=False, allow_nan=False)
    return typst.compile(
        files(__package__ or "").joinpath("layout.typ").read_bytes(),
        sys_inputs={"document": text},
        ignore_system_fonts=not _needs_more_fonts(text),
        format="pdf",
        timestamp=_clock(document.provenance),
    )


def _clock(provenance: Provenance) -> int:
    """When the document was made, in seconds: when its numbers were; without them 1970."""
    moment = provenance.finished
    if moment is None:
        return 0
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def _needs_more_fonts(text: str) -> bool:
    return any(not any(first <= ord(sign) < end for first, end in _WIDE_COVER) for sign in set(text))
