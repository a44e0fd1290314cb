"""
Every error that `trail` raises, drawn as a tree::

    TrailError
    ├── CallerError          the caller's mistake: a bad argument, an unknown name
    │   ├── ActRefused       append refused an act; carries the number and code of the verifier's check
    │   ├── StreamMoved      an exclusive act was drafted on a stream that has moved on since
    │   ├── IdReused         an event id was used again with other content
    │   └── MissingExtra     an optional feature is not installed
    ├── EvidenceError        the evidence is bad
    │   ├── EncodingError    bytes or a value outside canonical MessagePack
    │   ├── RecordError      an entry, statement, body part or field outside its closed shape
    │   ├── FrameError       an evidence file whose framing does not hold
    │   ├── NoteError        a malformed signed note, checkpoint or proof text
    │   ├── ProofError       a Merkle proof that does not lead to its root
    │   ├── KeyRefused       a public key that must not be used
    │   ├── SignatureError   a signature that does not verify
    │   ├── PolicyError      a policy file that can't be read
    │   └── Refusal          a numbered check that failed
    └── EnvironmentFailed    disk, database, lock, key file
        ├── StoreFailed
        ├── StoreBusy
        └── KeyFileFailed

No exception of another library crosses the public interface.
Each error carries a stable ``code``, the ``facts`` it rests on, and `advice` in plain words.
"""

from __future__ import annotations

from typing import Any, ClassVar


class TrailError(Exception):
    """
    The root of all errors of this library.

    ``code`` is stable and documented; ``facts`` holds what was expected, what was found, and where.
    """

    default_code: ClassVar[str] = "ERROR"
    default_advice: ClassVar[str] = "Read the message; if it does not help, report it with the code and the facts."

    def __init__(self, message: str, *, code: str | None = None, advice: str | None = None, **facts: object) -> None:
        super().__init__(message)
        self.code = code or self.default_code
        self.facts = facts
        self._advice = advice

    @property
    def message(self) -> str:
        """The message in English, one sentence."""
        return str(self.args[0])

    def advice(self) -> str:
        """What to do next, in plain words."""
        return self._advice or self.default_advice


class CallerError(TrailError):
    """The caller asked for something that can't be done; nothing was changed."""

    default_code = "CALLER"
    default_advice = "Correct the call and try again; nothing was recorded."


class ActRefused(CallerError):
    """Append refused an act; ``facts`` names the verifier's check that it would fail."""

    default_code = "REFUSED"
    default_advice = "Correct the act and record it again; nothing was recorded."


class StreamMoved(CallerError):
    """
    An exclusive act was drafted on a stream that has moved on.

    ``intervened`` are the records that came between, ``draft`` is what was to be signed, kept for a second look.
    """

    default_code = "STREAM_MOVED"
    default_advice = "Look at what came between and sign again if it still stands; the draft was kept."

    def __init__(
        self, message: str, *, intervened: tuple[object, ...] = (), draft: object = None, **facts: Any
    ) -> None:
        super().__init__(message, **facts)
        self.intervened = intervened
        self.draft = draft


class IdReused(CallerError):
    """An event id was used again with other content; ``first`` is what is recorded under it."""

    default_code = "ID_REUSED"
    default_advice = "Use a new id for a new act, or correct the recorded one."

    def __init__(self, message: str, *, first: object = None, **facts: Any) -> None:
        super().__init__(message, **facts)
        self.first = first


class MissingExtra(CallerError):
    """An optional feature is not installed; the advice is the line that installs it."""

    default_code = "MISSING_EXTRA"


class EvidenceError(TrailError):
    """The evidence itself is bad."""

    default_code = "EVIDENCE"
    default_advice = "Ask for the evidence again; if it comes back the same, keep both copies and report it."


class _Placed(EvidenceError):
    """An evidence error with a place: ``where`` is a path such as ``fields.kind[2]``."""

    def __init__(self, message: str, *, where: str = "", code: str | None = None, **facts: Any) -> None:
        super().__init__(f"{where}: {message}" if where else message, code=code, where=where, **facts)
        self.where = where


class EncodingError(_Placed):
    """Bytes that canonical encoding would not have produced, or a value that it can't carry."""

    default_code = "ENCODING"


class RecordError(_Placed):
    """An entry, statement, body part or field outside its closed shape."""

    default_code = "RECORD"


class FrameError(EvidenceError):
    """The framing of an evidence file does not hold."""

    default_code = "FRAME"


class NoteError(EvidenceError):
    """A malformed signed note, checkpoint or proof text."""

    default_code = "NOTE"


class ProofError(EvidenceError):
    """A Merkle proof that does not lead to its root."""

    default_code = "PROOF"


class KeyRefused(EvidenceError):
    """A public key that must not be used: weak, non-canonical, of an unknown suite."""

    default_code = "KEY"


class SignatureError(EvidenceError):
    """A signature that does not verify."""

    default_code = "SIGNATURE"


class PolicyError(EvidenceError):
    """A policy file that can't be read; ``facts['line']`` is the line number."""

    default_code = "POLICY"
    default_advice = "Correct the named line of the policy file."


class Refusal(EvidenceError):
    """
    A numbered check failed for one entry (``docs/spec/verification.md``).

    ``forged`` says that the fault admits no honest explanation; ``expected`` and ``found`` hold both sides.
    """

    default_code = "REFUSAL"

    def __init__(
        self, message: str, *, check: int, code: str, forged: bool, expected: object = None, found: object = None
    ) -> None:
        super().__init__(message, code=code, check=check, expected=expected, found=found)
        self.check = check
        self.forged = forged
        self.expected = expected
        self.found = found


class EnvironmentFailed(TrailError):
    """Disk, database, lock or key file failed; what was acknowledged before is safe."""

    default_code = "ENVIRONMENT"
    default_advice = "Repair what the message names and try again."


class StoreFailed(EnvironmentFailed):
    """The database could not be read or written."""

    default_code = "STORE"


class StoreBusy(EnvironmentFailed):
    """Another writer held the lock for too long."""

    default_code = "STORE_BUSY"
    default_advice = "Try again; if it goes on, look for a writer that hangs."


class KeyFileFailed(EnvironmentFailed):
    """A key file is missing, damaged, or the passphrase is wrong."""

    default_code = "KEY_FILE"
    default_advice = "Check the path and the passphrase."
