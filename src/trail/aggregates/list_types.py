"""
The declared types of the two lists (三（一）); what each field means is said by its class in `trail.aggregates.lists`.
"""

from __future__ import annotations

from typing import Final

from trail.aggregates.base import declare
from trail.aggregates.receipts import RECEIVED, SENT
from trail.evidence.types import Field, PartSpec

PLEDGE_SIDES: Final = ("committee", "responsible")  # 党委（党总支）, 责任对象
MAX_LIST_ITEMS: Final = 500

_YEAR: Final = Field("int", min=2000, max=2999)
_VERSIONS: Final = Field("list", of=Field("reference"), min=1, max=200)
_NUMBER: Final = Field("id")
_OWNED: Final = {"owner": Field("post", optional=True), "owner_body": Field("unit", optional=True), "year": _YEAR}
_CONTENT: Final = {
    "content": PartSpec(
        {
            "texts": Field(
                "list",
                of=Field("record", members={"number": _NUMBER, "text": Field("text", max=5_000)}),
                max=MAX_LIST_ITEMS,
            ),
            "title": Field("text", optional=True, max=500),
        }
    )
}
_TASK: Final = Field(
    "record",
    members={"number": _NUMBER, "refs": Field("list", optional=True, of=_NUMBER, max=MAX_LIST_ITEMS)},
)

RESPONSIBILITY_LIST_DRAFTED: Final = declare(
    "ResponsibilityListDrafted",
    fields={**_OWNED, "items": Field("list", of=_NUMBER, max=MAX_LIST_ITEMS)},
    parts=_CONTENT,
)
TASK_LIST_DRAFTED: Final = declare(
    "TaskListDrafted",
    fields={
        **_OWNED,
        "responsibility": Field("reference", optional=True),
        "tasks": Field("list", of=_TASK, max=MAX_LIST_ITEMS),
    },
    parts=_CONTENT,
)
LIST_REVIEWED: Final = declare(
    "ListReviewed",
    fields={"level": Field("int", optional=True, min=1, max=9), "versions": _VERSIONS},
    parts={"opinion": PartSpec({"opinion": Field("text", max=10_000)}, optional=True)},
)
LIST_RETURNED: Final = declare(
    "ListReturned",
    fields={"versions": _VERSIONS},
    parts={"reason": PartSpec({"reason": Field("text", max=10_000)})},
)
LIST_ENDORSED: Final = declare(
    "ListEndorsed",
    fields={"versions": _VERSIONS},
    posts=("secretary", "deputy_secretary", "member", "principal"),  # 书记, 班子成员: 三（一）2
    hands=("own",),
    exclusive=True,
)
COMMITMENT_SIGNED: Final = declare("CommitmentSigned", fields={"versions": _VERSIONS}, hands=("own",))
PLEDGE_SIGNED: Final = declare(
    "PledgeSigned",
    fields={
        "party": Field("post"),
        "pledge": Field("digest"),
        "side": Field("enum", values=PLEDGE_SIDES),
        "year": _YEAR,
    },
    parts={"pledge": PartSpec({"nonce": Field("bytes", min=16, max=64), "text": Field("text", max=100_000)})},
    hands=("own",),
)
LIST_FILED_FOR_RECORD: Final = declare(
    "ListFiledForRecord",
    fields={
        "channel": Field("text", optional=True, max=100),
        "recipient": Field("unit"),
        "versions": _VERSIONS,
        **SENT,
    },
)
FILING_RECEIVED: Final = declare(
    "FilingReceived",
    fields={"filing": Field("reference"), "recipient": Field("unit"), **RECEIVED},
    hands=("own",),
)

LIST_TYPES: Final = (
    RESPONSIBILITY_LIST_DRAFTED, TASK_LIST_DRAFTED, LIST_REVIEWED, LIST_RETURNED, LIST_ENDORSED, COMMITMENT_SIGNED,
    PLEDGE_SIGNED, LIST_FILED_FOR_RECORD, FILING_RECEIVED,
)  # fmt: skip
