"""
The store: append, checkpoints, reading, export, on any database that SQLAlchemy speaks to.
"""

from trail.store.append import Ack, EntryStore
from trail.store.checkpoints import CheckpointSigner, add_cosignatures
from trail.store.engine import Database
from trail.store.export import EntryRow, Scope, attachment_rows, entry_rows, extent, items, part_rows
from trail.store.logs import create_log, find_log
from trail.store.read import Head, IssuedCheckpoint, Reader
from trail.store.submission import PartContent, Submission, submission_from_bytes
from trail.store.witness import Witness

__all__ = [
    "Ack", "CheckpointSigner", "Database", "EntryRow", "EntryStore", "Head", "IssuedCheckpoint", "PartContent",
    "Reader", "Scope", "Submission", "Witness", "add_cosignatures", "attachment_rows", "create_log", "entry_rows",
    "extent", "find_log", "items", "part_rows", "submission_from_bytes",
]  # fmt: skip
