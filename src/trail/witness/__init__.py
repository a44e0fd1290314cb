"""
Witnesses: programs outside the log's house that vouch for the largest tree of it that they saw (C2SP tlog-witness).

`Witness` is one of them; `request` is what a log asks of one, and `Witnesses` are those whom it asks over HTTP.
"""

from trail.witness.asking import Witnesses
from trail.witness.client import WitnessClient
from trail.witness.memory import Cosigned, Fork, LogKey, Memory
from trail.witness.protocol import Request, format_request, parse_request, request
from trail.witness.state import Witness, WitnessRefused

__all__ = [
    "Cosigned",
    "Fork",
    "LogKey",
    "Memory",
    "Request",
    "Witness",
    "WitnessClient",
    "WitnessRefused",
    "Witnesses",
    "format_request",
    "parse_request",
    "request",
]
