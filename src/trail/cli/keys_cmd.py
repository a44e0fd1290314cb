"""
``trail keys``: make key files, show what is public of them, enrol them in a log.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from trail.cli import logkeys_cmd
from trail.cli.common import add_origin, existing_database, leaf, read_file
from trail.cli.keyring import KeyFolder, Passphrases, add_passphrase, key_file
from trail.errors import CallerError

if TYPE_CHECKING:
    from trail.cli.common import Commands
    from trail.cli.output import Printer

CUSTODIES: Final = ("self", "token", "server")
_CARD: Final = {"act", "custody", "key", "person", "possession"}


def add(commands: Commands) -> None:
    """Describe the commands."""
    group = leaf(commands, "keys", "make, show and enrol keys").add_subparsers(metavar="COMMAND", required=True)
    new = leaf(group, "new", "make a key and write it to a new, encrypted file")
    new.add_argument("file", metavar="FILE", help="a file that does not exist yet")
    add_passphrase(new)
    new.set_defaults(run=run_new)

    show = leaf(group, "show", "show what is public of a key file")
    show.add_argument("file", metavar="FILE", help="the key file")
    show.add_argument("--as", dest="role", nargs=2, metavar=("log|witness", "NAME"), help="also as a policy names it")
    add_passphrase(show)
    show.set_defaults(run=run_show)

    prove = leaf(
        group, "prove", "prove that one holds a key, for its enrolment",
        "Print one line that shows who holds which key: hand it to the registrars, who give it to `trail keys enrol` "
        "as --key. The key itself stays where it is.",
    )  # fmt: skip
    prove.add_argument("file", metavar="FILE", help="the key file")
    prove.add_argument("--origin", metavar="NAME", required=True, help="the log's name")
    prove.add_argument("--person", metavar="ID", required=True, help="whose key it is")
    prove.add_argument("--custody", choices=CUSTODIES, default="self", help="who keeps it (default: self)")
    add_passphrase(prove)
    prove.set_defaults(run=run_prove)

    enrol = leaf(group, "enrol", "enrol a person's key in a log, signed by two registrars")
    enrol.add_argument("db", metavar="DB", help="the database")
    enrol.add_argument("--person", metavar="ID", required=True, help="whose key it is")
    enrol.add_argument("--key", metavar="FILE", required=True, help="the key file, or what `trail keys prove` printed")
    enrol.add_argument("--custody", choices=CUSTODIES, default="self", help="who keeps a key file (default: self)")
    enrol.add_argument("--keys", metavar="DIR", required=True, help="folder with the registrars' key files, ID.pem")
    enrol.add_argument("--by", metavar="ID", action="append", help="a registrar who signs (default: those in --keys)")
    add_origin(enrol)
    add_passphrase(enrol)
    enrol.set_defaults(run=run_enrol)
    logkeys_cmd.add(group)


def run_new(arguments: argparse.Namespace, printer: Printer) -> int:
    """Make a key file."""
    from trail.signing import PrivateKey, write_key_file

    passphrase = Passphrases(arguments, printer).new("密钥文件", arguments.file)
    key = PrivateKey.generate()
    write_key_file(arguments.file, key, passphrase)
    printer.say(f"已写入密钥文件：{arguments.file}", f"wrote the key file: {arguments.file}")
    printer.say(f"密钥编号  {key.public.id.hex()}", f"key id  {key.public.id.hex()}")
    return 0


def run_show(arguments: argparse.Namespace, printer: Printer) -> int:
    """Show the public half of a key file."""
    from trail.signing import COSIGNATURE_ED25519, LOG_ED25519, NoteKey

    if arguments.role is not None and arguments.role[0] not in ("log", "witness"):
        raise CallerError("--as takes log or witness, and a name", code="USAGE", advice="For example: --as witness dic")
    public = key_file(arguments.file, Passphrases(arguments, printer)).public
    printer.say(f"算法      {public.suite}", f"suite       {public.suite}")
    printer.say(f"公钥      {public.raw.hex()}", f"public key  {public.raw.hex()}")
    printer.say(f"密钥编号  {public.id.hex()}", f"key id      {public.id.hex()}")
    if arguments.role is not None:
        role, name = arguments.role
        vkey = NoteKey(name, LOG_ED25519 if role == "log" else COSIGNATURE_ED25519, public.raw).vkey
        printer.line(f"vkey  {vkey}")
        local = "" if role == "log" else f"{name.rsplit('/', 1)[-1]} "
        printer.say(f"策略中写作：{role} {local}{vkey}", f"in a policy: {role} {local}{vkey}")
    return 0


def run_prove(arguments: argparse.Namespace, printer: Printer) -> int:
    """Print a proof of possession as an act."""
    signer = key_file(arguments.file, Passphrases(arguments, printer))
    card = _card(signer, arguments.origin, arguments.person, arguments.custody)
    printer.line(json.dumps(card, ensure_ascii=True))
    return 0


def _card(signer: Any, origin: str, person: str, custody: str) -> dict[str, str]:
    from trail.signing import possession_message

    possession = signer.sign(possession_message(origin, person, signer.public))
    key = signer.public.raw.hex()
    return {"act": "KeyEnrolled", "person": person, "key": key, "possession": possession.hex(), "custody": custody}


def run_enrol(arguments: argparse.Namespace, printer: Printer) -> int:
    """Enrol a key."""
    from trail.aggregates import KeyEnrolled
    from trail.application import Trail
    from trail.cli.record_cmd import registrars_at_hand

    passphrases = Passphrases(arguments, printer)
    folder = KeyFolder(arguments.keys, passphrases)
    given = read_file(arguments.key, "the key to enrol")
    with Trail.open(existing_database(arguments.db), origin=arguments.origin) as trail:
        if given.lstrip().startswith(b"{"):
            card = _read_card(given, arguments.key)
            if card["person"] != arguments.person:
                raise CallerError("the proof is another person's", code="USAGE", expected=arguments.person,
                                  found=card["person"])  # fmt: skip
        else:
            signer = key_file(Path(arguments.key), passphrases)
            card = _card(signer, trail.origin, arguments.person, arguments.custody)
        signers = registrars_at_hand(trail.registry().registrars, folder, arguments.by)
        ack = trail.registering(signers).record(
            KeyEnrolled(
                person=card["person"],
                key=bytes.fromhex(card["key"]),
                possession=bytes.fromhex(card["possession"]),
                custody=card["custody"],
            )
        )
    printer.say(
        f"已为 {arguments.person} 登记密钥，位置 {ack.position}",
        f"enrolled the key of {arguments.person} at position {ack.position}",
    )
    return 0


def _read_card(data: bytes, path: str) -> dict[str, str]:
    from trail.cli.jsonlines import read_object

    card = read_object(data, path)
    texts = all(isinstance(value, str) for value in card.values())
    if set(card) != _CARD or not texts or card["act"] != "KeyEnrolled" or card["custody"] not in CUSTODIES:
        raise CallerError(f"{path} is not what `trail keys prove` prints", code="USAGE")
    try:
        bytes.fromhex(card["key"])
        bytes.fromhex(card["possession"])
    except ValueError:
        raise CallerError(f"{path}: key and possession are hexadecimal", code="USAGE") from None
    return card
