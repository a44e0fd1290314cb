"""
The inspector's side: a memory between verifications, findings kept for others to check, two memories compared.

Everything here belongs to the inspector alone and is read from no evidence.  `State` is the memory, one SQLite file;
`inspect` verifies an evidence file with it; `trail.inspecting.accusing` writes what proves an accusation.
"""

from trail.inspecting.inspection import Inspection, inspect
from trail.inspecting.state import State

__all__ = ["Inspection", "State", "inspect"]
