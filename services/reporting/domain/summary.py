"""A summary (báo cáo tổng hợp): what stands at an instant. Its canonical JSON text is kept and hashed as it is."""

import json
from datetime import datetime
from hashlib import sha256
from typing import Any
from unicodedata import normalize
from uuid import UUID

from contracts.events.reporting import SummaryCompiled

CATEGORY = "summary"


def canonical(members: dict[str, Any]) -> str:
    """Sorted keys, no spaces, NFC: the same members are always the same text."""
    return normalize("NFC", json.dumps(members, ensure_ascii=False, sort_keys=True, separators=(",", ":")))


def compile_summary(summary_id: UUID, title: str, as_of: datetime, members: dict[str, Any]) -> SummaryCompiled:
    """`members` are JSON-ready."""
    content = canonical(members)
    return SummaryCompiled(
        summary_id=summary_id,
        title=title,
        as_of=as_of,
        sha256=sha256(content.encode()).hexdigest(),
        content=content,
    )
