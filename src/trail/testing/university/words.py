"""
The words of the simulation: short texts for body parts, none of which is about anybody.
"""

from __future__ import annotations

import random
from typing import Final

from trail.aggregates import TaskItem

ITEMS: Final = (
    ("1", "落实全面从严治党主体责任，研究部署本单位年度工作"), ("2", "抓好班子和队伍建设，落实谈话制度"),
    ("3", "加强纪律教育和警示教育"), ("4", "落实意识形态工作责任制"), ("5", "排查廉政风险，完善防控措施"),
)  # fmt: skip
TASKS: Final = (
    TaskItem("1", "每半年专题研究一次全面从严治党工作", ("1",)),
    TaskItem("2", "与班子成员谈话，每年不少于一次", ("2",)),
    TaskItem("3", "每学期开展一次警示教育", ("3",)),
    TaskItem("4", "每季度分析一次意识形态情况", ("4",)),
    TaskItem("5", "每半年排查一次廉政风险", ("5",)),
)
TALKS: Final = {
    "duty": (
        "了解履职情况，肯定成绩，指出分管工作推进偏慢，要求月底前拿出计划。",
        "听取本学期履职情况，对科室管理提出三点要求。",
        "就年度任务清单逐项对照，未完成的两项说明原因并限期完成。",
    ),
    "integrity": (
        "提醒严格执行采购程序，签阅有关通报，要求管好身边工作人员。",
        "就经费使用和招生纪律作提醒，重申八项规定精神。",
        "节前廉政提醒，要求遵守有关规定，如实报告有关事项。",
    ),
    "heart_to_heart": ("交流思想和工作情况，听取对班子建设的意见。", "了解近期困难，就协作配合交换意见。"),
    "reminder": ("就苗头性问题当面提醒，要求立即改正并报告结果。", "提醒注意工作作风，限期改进。"),
}
FACTS: Final = (
    "组织师生集中学习并交流心得，形成学习记录。",
    "结合学科特点开展主题教育活动，参加者反响良好。",
    "在新生入学教育中安排专题内容。",
    "检查课堂、网络和社团阵地管理情况，未发现问题。",
    "召开座谈会听取意见，整理后交有关科室办理。",
    "宣传本单位落实责任的做法。",
    "检查经费使用和公务接待情况，规范了两项程序。",
)
FACT_DUTIES: Final = (
    ("B2e",), ("B2f",), ("B2a",), ("B2d", "B2g"), ("B3b",), ("B3d", "B3g"), ("B4b", "B4e"), ("B8a",), ("B7c",), ("O6",),
    ("B0", "O1"), ("G1", "G2"),
)  # fmt: skip


def one(drawn: random.Random, texts: tuple[str, ...]) -> str:
    """One of *texts*."""
    return texts[drawn.randrange(len(texts))]
