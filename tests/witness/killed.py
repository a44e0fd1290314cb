"""
The process that is killed: it forks a child for each order, which arms the preloaded killer and signs.

Read from standard input, one JSON object a line: ``state``, ``bodies`` (base64), ``now``, ``at`` (kill at which write,
0: never), ``torn``, ``broken`` (answer before persisting), ``url``.  Each child writes ``line <base64>`` or
``refused <status>`` as its answers leave it, at its end ``writes <count>``; after its death this process writes
``end <status>``.
"""

from __future__ import annotations

import base64
import ctypes
import json
import os
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.store.world import key_of

from trail.errors import TrailError
from trail.signing import cosign, parse_vkey
from trail.witness import Witness, WitnessRefused, parse_request
from trail.witness import state as module

NAME = "witness.example"


def say(text: str) -> None:
    """One line that has left the process when this returns."""
    os.write(1, (text + "\n").encode())


def open_witness(order: dict[str, Any]) -> Witness:
    return Witness(order["state"], key_of("witness"), NAME, [parse_vkey(vkey) for vkey in order["logs"]])


def answer_early() -> None:
    """The fault of the control: the answer leaves before the transaction is committed."""

    def early(text: str, name: str, signer: Any, time: int) -> str:
        line = cosign(text, name, signer, time)
        say(f"line {base64.b64encode(line.encode()).decode()}")
        return line

    module.cosign = early  # type: ignore[attr-defined]


def forgetful() -> None:
    """Another fault: what is remembered is written without a transaction, the latest size last and by itself."""
    module._remember = lambda *_: None  # type: ignore[attr-defined]


def work(order: dict[str, Any]) -> None:
    if order["broken"] == "early":
        answer_early()
    if order["broken"] == "forgetful":
        forgetful()
    killer = ctypes.CDLL(None)
    with open_witness(order) as witness:
        killer.killer_arm(order["at"], int(order["torn"]))
        for body in order["bodies"]:
            try:
                line = witness.sign(base64.b64decode(body), order["now"])
            except WitnessRefused as error:
                say(f"refused {error.status} {error.code} {error.body.strip()}")
            except TrailError as error:
                say(f"failed {error.code}")
            else:
                if order["broken"] != "early":
                    say(f"line {base64.b64encode(line.encode()).decode()}")
    say(f"writes {killer.killer_count()}")


def main() -> None:
    """Obey until the input ends."""
    for text in sys.stdin:
        order = json.loads(text)
        parse_request(base64.b64decode(order["bodies"][0]))  # everything is loaded before the fork
        child = os.fork()
        if child == 0:
            try:
                work(order)
                os._exit(0)
            except BaseException as error:
                say(f"broken {type(error).__name__}: {error}")
                os._exit(1)
        _, status = os.waitpid(child, 0)
        say(f"end {os.WTERMSIG(status) if os.WIFSIGNALED(status) else -os.WEXITSTATUS(status)}")


if __name__ == "__main__":
    main()
