"""
The evidence of a fork as files that anybody can check without this library.

One folder for each pair of notes::

    kept.note  offered.note             the two signed notes, byte by byte
    kept.text  offered.text             what was signed: each note up to and without its empty line
    kept-N.sig  offered-N.sig           the Ed25519 signatures over it, 64 bytes each
    log-key-N.pem                       the log's key, as OpenSSL reads it
    README.txt                          what this is and how to check it, in Chinese and English
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from trail.encoding import printable
from trail.errors import CallerError
from trail.signing import NoteKey, open_note, parse_note
from trail.witness.memory import Fork
from trail.witness.overview import moment, sizes


def write_accusation(fork: Fork, keys: Iterable[NoteKey], folder: Path) -> Path:
    """
    Write the evidence of *fork* into a new folder under *folder*; *keys* are the log's, removed ones included.

    Raises:
        CallerError: It can't be written.
        SignatureError: None of the keys has signed a note.
    """
    known = [key for key in keys if key.name == fork.origin]
    files: dict[str, bytes] = {}
    commands: list[str] = []
    for which, note in (("kept", fork.kept), ("offered", fork.offered)):
        parsed = parse_note(note)
        files[f"{which}.note"] = note.encode()
        files[f"{which}.text"] = parsed.text.encode()
        for number, one in enumerate(open_note(parsed, known), 1):
            pem = f"log-key-{known.index(one.key) + 1}.pem"
            files[f"{which}-{number}.sig"] = one.signature.data
            files[pem] = _pem(one.key)
            commands.append(
                f"openssl pkeyutl -verify -pubin -inkey {pem} -rawin -in {which}.text -sigfile {which}-{number}.sig"
            )
    used = [key for number, key in enumerate(known, 1) if f"log-key-{number}.pem" in files]
    files["README.txt"] = _readme(fork, used, commands).encode()
    target = folder / f"fork-{fork.id}"
    try:
        target.mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            (target / name).write_bytes(data)
    except OSError as error:
        raise CallerError(f"{target} can't be written: {error.strerror}", code="FILE_UNWRITABLE",
                          advice="Check that the folder may be written to and has space left.") from None  # fmt: skip
    return target


def _pem(key: NoteKey) -> bytes:
    return Ed25519PublicKey.from_public_bytes(key.raw).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _readme(fork: Fork, keys: list[NoteKey], commands: list[str]) -> str:
    kept, offered = sizes(fork)
    origin, when = printable(fork.origin), moment(fork.time)
    vkeys = "\n".join(f"    {printable(key.vkey)}" for key in keys)
    lines = "\n".join(f"    {command}" for command in commands)
    if fork.proven:
        zh = f"日志 {origin} 的密钥为同一个大小（{kept}）签署了两个不同的树根。一棵树只有一个树根，没有任何正当的解释。"
        en = (
            f"The key of the log {origin} has signed two different roots for one size ({kept}). A tree has one root: "
            "nothing excuses that."
        )
        compare_zh = "两个 .text 文件的第一行（日志名称）和第二行（大小）相同，第三行（树根）不同。"
        compare_en = (
            "The first lines of the two .text files (the log's name) and the second (the size) are the same, the third "
            "(the root) is not."
        )
    else:
        zh = (
            f"日志 {origin} 的密钥签署了大小为 {kept} 和 {offered} 的两棵树；提交后者时没有证明它延续前者。"
            "这本身不是证据：任何人都能如此。请要求该日志给出从前者到后者的一致性证明（RFC 6962）；给不出才是问题。"
        )
        en = (
            f"The key of the log {origin} has signed trees of the sizes {kept} and {offered}; the latter was submitted "
            "without a proof that it extends the former. That alone proves nothing: anybody can bring it about. Ask "
            "the log for a consistency proof (RFC 6962) from the one to the other: something is wrong if it can't."
        )
        compare_zh = "比较两个 .text 文件的第二行（大小）和第三行（树根）。"
        compare_en = "Compare the second lines (the size) and the third (the root) of the two .text files."
    return f"""{zh}
见证方发现的时间：{when}

怎样不依赖本程序核对：
1. 从日志之外的渠道取得该日志的公钥，与下面的相比：
   （“+”之后是 4 字节编号和 base64，解码后第一个字节是 1，其余 32 字节是 Ed25519 公钥，与 .pem 文件相同）
{vkeys}
2. 用 OpenSSL 3 核对每个签名（应显示 Signature Verified Successfully）：
{lines}
3. {compare_zh}
.text 是 .note 中空行之前的全部内容；.sig 是签名行 base64 解码后去掉前 4 个字节（密钥编号）。

----

{en}
Noticed by the witness at {when}.

How to check it without this program:
1. Get the log's key by a channel outside the log and compare it with these (after each "+": 4 bytes of id, and base64,
   which holds the byte 1 and then the 32 bytes of an Ed25519 key, the same as in the .pem files):
{vkeys}
2. Check each signature with OpenSSL 3 (it should say: Signature Verified Successfully):
{lines}
3. {compare_en}
A .text file is what stands in the .note before the empty line; a .sig file is a signature line's base64 decoded,
without its first 4 bytes (the id of the key).
"""
