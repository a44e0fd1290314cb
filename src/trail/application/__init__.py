"""
The application layer: the façade that host systems call, and the audit of a database.
"""

from trail.application.acting import Acting, Registering
from trail.application.anchoring import Asked, Round
from trail.application.auditing import audit
from trail.application.drafts import Attachment, Draft
from trail.application.exposure import Exposure
from trail.application.filing import Along, along
from trail.application.log import Log, Receipt
from trail.application.runner import Anchoring
from trail.application.trail import FoundingRegistrar, Trail
from trail.application.views import View
from trail.store import Ack, Choice, Scope

__all__ = [
    "Ack", "Acting", "Along", "Anchoring", "Asked", "Attachment", "Choice", "Draft", "Exposure", "FoundingRegistrar",
    "Log", "Receipt", "Registering", "Round", "Scope", "Trail", "View", "along", "audit",
]  # fmt: skip
