"""
The application layer: the façade that host systems call, and the audit of a database.
"""

from trail.application.acting import Acting, Registering
from trail.application.auditing import audit
from trail.application.drafts import Attachment, Draft
from trail.application.log import Log, Receipt
from trail.application.trail import FoundingRegistrar, Trail
from trail.application.views import View
from trail.store import Ack, Scope

__all__ = [
    "Ack", "Acting", "Attachment", "Draft", "FoundingRegistrar", "Log", "Receipt", "Registering", "Scope", "Trail",
    "View", "audit",
]  # fmt: skip
