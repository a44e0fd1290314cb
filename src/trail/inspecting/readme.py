"""
The words of README.txt in a folder of saved findings, in Chinese and English.
"""

from __future__ import annotations

from typing import Final

README: Final = """\
本文件夹是什么
==============
这是一次核验发现的问题的凭据。任何人只要有该日志的公钥（策略文件中的 log 行），
不必相信交来本文件夹的人，也不必用本程序，就能自行查验。请原样保存，并向第三方交付整个文件夹的副本。

用本程序查验：
    trail check-findings 本文件夹 --policy 自己的策略文件
策略文件必须来自另一渠道，不能取自本文件夹。

各文件
------
findings.json          核验报告全文。它只是说明，不是凭据：凭据是下列文件。
held.note              先前取得的校验点（C2SP signed note）：三行文字依次为日志名称、条数、根；空行之后是签名。
other.note             同一日志对同一条数另签的校验点。
newer.note             同一日志后来签的校验点，条数更大。
root.txt               newer.note 那棵树在 held.note 的条数处的根（base64）。
consistency.txt        C2SP tlog-witness 请求格式：一致性证明，从 root.txt 到 newer.note。
entry.bin              有问题的记录，逐字节原样。
entry.tlog-proof       C2SP tlog-proof：日志自己签名的校验点包含这条记录的证明。
key-1.bin, key-2.bin…  登记第一、第二…位签名人密钥的记录；key-N.tlog-proof 是它的包含证明。

怎样手工或用其他程序查验
------------------------
1. 校验点的签名：任何支持 C2SP signed note 的程序（例如 Go 的 golang.org/x/mod/sumdb/note）。
   签名为 Ed25519，所签内容是空行之前的全部文字（含末尾换行）。
2. 分叉（CHECKPOINT_FORK）：held.note 与 other.note 的前两行相同，第三行不同，且两份签名都成立。
   两份由同一密钥签署时，这就够了：同一条数不能有两棵树。由日志的两个密钥分别签署时，
   还须查其中之一在该条数时是否已停用：停用后所签的，不能归咎于日志。改写（第 3 项）亦同。
3. 改写（ROOT_MISMATCH）：held.note 与 newer.note 的签名都成立；按 RFC 9162 第 2.1.4.2 节，以 root.txt 为旧根、
   newer.note 的根为新根，consistency.txt 中的证明成立；而 root.txt 与 held.note 第三行不同。
   因此后来的树并不是从先前那棵树长成的。任何 C2SP 见证程序若已记下 held.note，都会拒绝 consistency.txt。
4. 记录（SIGNATURE_BAD 等）：entry.tlog-proof 证明该记录在日志自己签署的树中，叶子为 SHA-256(00 || entry.bin)。
   记录的格式见 docs/spec/record.md；签名人的公钥在 key-N.bin 中。
5. 记录变少（ENTRIES_REMOVED、OLDER_THAN_KNOWN）：held.note 的第二行是日志已签过的条数。交来的数据库或文件少于此数，
   须与 held.note 一并保存：它本身只证明日志曾签到哪里。
缺少 newer.note 或 *.tlog-proof 时，没有日志自己签署的校验点可以证明这些内容出自该日志：那时只能说明所交来的证据有问题，
不能向第三方证明是谁改的。


What this folder is
===================
The proof of what a verification found.  Whoever has the log's public key (the "log" line of a policy) can check it
without trusting the person who hands it over, and without this program.  Keep it as it is, and give copies of the whole
folder to others.

With this program:
    trail check-findings FOLDER --policy YOUR_POLICY
The policy must come by another channel, never out of this folder.

The files
---------
findings.json          the whole report.  It explains; it proves nothing.  The files below do.
held.note              the checkpoint that was received earlier (C2SP signed note): the log's name, the number of
                       entries, the root, each on a line; after the empty line the signatures.
other.note             another checkpoint that the same log signed for the same number of entries.
newer.note             a checkpoint that the same log signed later, over more entries.
root.txt               the root (base64) that the tree of newer.note has at the size of held.note.
consistency.txt        a C2SP tlog-witness request: the consistency proof from root.txt to newer.note.
entry.bin              the entry in question, byte for byte.
entry.tlog-proof       C2SP tlog-proof: a checkpoint that the log itself signed contains this entry.
key-1.bin, key-2.bin…  the entries that enrolled the keys of the first, second … signer; key-N.tlog-proof proves each.

How to check by hand, or by other programs
------------------------------------------
1. The signatures of checkpoints: any program for C2SP signed notes (such as golang.org/x/mod/sumdb/note).  They are
   Ed25519 over everything before the empty line, with its last line feed.
2. A fork (CHECKPOINT_FORK): held.note and other.note have the same first two lines and another third, and both
   signatures hold.  That is all it takes if one key signed both: there are no two trees of one size.  Where two keys
   of the log signed, see whether one had ended at that size: what it signed then is not the log's.  So of 3.
3. A rewriting (ROOT_MISMATCH): both signatures hold; by RFC 9162, 2.1.4.2, the proof in consistency.txt holds with
   root.txt as the old root and that of newer.note as the new one; and root.txt differs from the third line of
   held.note.  So the later tree did not grow from the earlier one.  A C2SP witness that has recorded held.note refuses
   consistency.txt.
4. An entry (SIGNATURE_BAD and others): entry.tlog-proof proves that it stands in a tree that the log itself signed; the
   leaf is SHA-256(00 || entry.bin).  docs/spec/record.md has the format of entries; the signers' public keys are in
   key-N.bin.
5. Fewer entries (ENTRIES_REMOVED, OLDER_THAN_KNOWN): the second line of held.note is the number of entries that the log
   signed for.  Keep the database or file that has fewer beside it: alone the note proves how far the log had come.
Where newer.note or *.tlog-proof is missing, no checkpoint that the log signed covers these bytes: then the evidence
that was handed over is faulty, but nobody can prove to others who made it so.
"""
