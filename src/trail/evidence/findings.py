"""
What a run has noticed so far: findings and remarks by code, and how often each numbered check was made.
"""

from __future__ import annotations

from trail.errors import EncodingError, RecordError, Refusal
from trail.evidence.refusals import CHECKS, CODES, FORGED, REMARK
from trail.evidence.verdict import MAX_LISTED, Check, Finding, Verdict


class Findings:
    """Gathers; the list of a code is cut at `MAX_LISTED`, its count is not."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self._findings: list[Finding] = []
        self.remarks: list[Finding] = []
        self._done: dict[int, int] = {}

    def find(
        self,
        code: str,
        message: str,
        position: int | None = None,
        expected: object = None,
        found: object = None,
        **attached: object,
    ) -> None:
        """Note a finding, or a remark if *code* is one."""
        check, effect = CODES[code]
        count = self.counts[code] = self.counts.get(code, 0) + 1
        if count <= MAX_LISTED:
            one = Finding(
                check=check, code=code, position=position, message=message, expected=expected, found=found,
                attached=attached,
            )  # fmt: skip
            (self.remarks if effect is REMARK else self._findings).append(one)

    def refused(self, error: Refusal, position: int | None, **attached: object) -> None:
        """Note a check that failed."""
        self.find(error.code, error.message, position, error.expected, error.found, **attached)

    def unread(self, error: RecordError | EncodingError, position: int, entry: bytes) -> None:
        """Note an entry that can't be read: of another format, or malformed."""
        code = "ENTRY_UNKNOWN_FORMAT" if error.code == "UNKNOWN_FORMAT" else "ENTRY_MALFORMED"
        self.find(code, error.message, position, error.where, entry)

    def count(self, check: int, times: int = 1) -> None:
        """Note that a numbered check was made."""
        self._done[check] = self._done.get(check, 0) + times

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings that are listed: forged before open, then by position."""
        return tuple(sorted(self._findings, key=_order))

    def checks(self) -> tuple[Check, ...]:
        """Every numbered check with its state; the verifier's own only if it failed."""
        # That an extract is one leaves open what it does not show; the proofs that it does show may all be good.
        failed = {CODES[code][0] for code in self.counts if CODES[code][1] is not REMARK and code != "EXTRACT"}
        return tuple(self._check(number, number in failed) for number in CHECKS if number != 21 or number in failed)

    def _check(self, number: int, failed: bool) -> Check:
        done = self._done.get(number, 0)
        return Check(number, CHECKS[number], "failed" if failed else "passed" if done else "not done", done)

    def verdict(self, *, complete: bool) -> Verdict:
        """
        Altered if anything was forged; intact only if nothing at all was found and the run is *complete*.

        This is the one place that says intact.
        """
        effects = {CODES[code][1] for code in self.counts}
        if FORGED in effects:
            return Verdict.ALTERED
        return Verdict.INTACT if complete and effects <= {REMARK} else Verdict.INCONCLUSIVE


def _order(finding: Finding) -> tuple[bool, int, int]:
    position = -1 if finding.position is None else finding.position
    return (CODES[finding.code][1] is not FORGED, position, finding.check)
