"""
Witnesses: programs outside the log's house that vouch for the largest tree of it that they saw (C2SP tlog-witness).

`Witness` is one of them; `request` is what a log asks of one.
"""

from trail.witness.protocol import Request, format_request, parse_request, request
from trail.witness.state import Fork, Witness, WitnessRefused

__all__ = ["Fork", "Request", "Witness", "WitnessRefused", "format_request", "parse_request", "request"]
