"""
The store: append, checkpoints, reading, export, on any database that SQLAlchemy speaks to.

It is also a persistence module of `eventsourcing`: ``PERSISTENCE_MODULE=trail.store`` finds `TrailFactory` here.
"""

from trail.evidence.scope import Scope
from trail.store.append import Ack, EntryStore
from trail.store.checkpoints import CheckpointSigner, add_cosignatures
from trail.store.engine import Database
from trail.store.export import (
    EntryRow,
    OpaqueRow,
    attachment_rows,
    beside,
    check_lengths,
    entry_rows,
    extent,
    items,
    notes_and_lines,
    part_rows,
)
from trail.store.extract import Choice, extract_items
from trail.store.factory import TrailFactory
from trail.store.logs import FoundLog, create_log, find_log, logs_of
from trail.store.opaque import OpaqueStore
from trail.store.read import Head, IssuedCheckpoint, Reader
from trail.store.recorders import (
    KeyReused,
    TrailAggregateRecorder,
    TrailApplicationRecorder,
    TrailProcessRecorder,
    TrailSnapshotRecorder,
    TrailTrackingRecorder,
)
from trail.store.restoring import restore_state
from trail.store.submission import PartContent, Submission, submission_from_bytes

__all__ = [
    "Ack", "CheckpointSigner", "Choice", "Database", "EntryRow", "EntryStore", "FoundLog", "Head", "IssuedCheckpoint",
    "KeyReused", "OpaqueRow", "OpaqueStore", "PartContent", "Reader", "Scope", "Submission", "TrailAggregateRecorder",
    "TrailApplicationRecorder", "TrailFactory", "TrailProcessRecorder", "TrailSnapshotRecorder",
    "TrailTrackingRecorder", "add_cosignatures", "attachment_rows", "beside", "check_lengths",
    "create_log", "entry_rows", "extent", "extract_items", "find_log", "items", "logs_of", "notes_and_lines",
    "part_rows", "restore_state", "submission_from_bytes",
]  # fmt: skip
