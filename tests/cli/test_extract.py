"""``trail export --extract``, ``trail proof`` and what ``trail verify`` says of both; scopes that a clerk asks for."""

from __future__ import annotations

import json

import pytest
from tests.cli.kit import TALK, Site, found, vkey, witnessed

NOW = 1_900_000_000


def verify(site: Site, name: str, *more: object) -> tuple[int, list[str]]:
    done = site.run("verify", site.path / name, "--policy", site.policy, "--now", NOW, *more)
    assert done.err == ""
    return done.code, done.out.rstrip("\n").split("\n")


def last(site: Site) -> int:
    shown = json.loads(site.run("verify", site.evidence, "--policy", site.policy, "--now", NOW, "--json").out)
    return int(shown["size"])


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_an_extract_of_one_entry(site: Site, lang: str) -> None:
    position = last(site)
    out = site.path / "one.extract"
    done = found("export", site.db, "--extract", "--position", position, "--out", out, "--lang", lang, at=site)
    assert ("摘录" in done.out) is (lang == "zh")
    assert ("不会是“完好”" in done.err) is (lang == "zh")

    code, lines = verify(site, "one.extract", "--lang", lang)
    assert code == 3
    assert lines[0] == lines[-1]
    if lang == "zh":
        assert lines[0] == f"结论：无法判定（摘录：{position} 条中出示 3 条，经证明在日志中的 3 条；其余未出示）"
        assert lines[1].startswith("内容：正文出示 1，扣留 0")
        assert any("“完好”" in line and "摘录" in line for line in lines[2:-1])
    else:
        assert lines[0] == (
            f"Verdict: INCONCLUSIVE (an extract: 3 of {position} entries are shown, 3 proven to stand in the log; the "
            "rest is not shown)"
        )
    assert any("TalkHeld@1" in line and f"{position}" in line for line in lines)


def test_an_extract_by_event_and_without_contents(site: Site) -> None:
    position = last(site)
    out = site.path / "x.extract"
    found("export", site.db, "--extract", "--position", position, "--out", out, at=site)
    found("export", site.db, "--extract", "--position", position, "--no-contents", "--out", out, at=site)
    report = json.loads(site.run("verify", out, "--policy", site.policy, "--now", NOW, "--json").out)
    assert (report["kind"], report["verdict"]) == ("extract", "inconclusive")
    assert (report["parts"]["shown"], report["parts"]["withheld"]) == (0, 1)
    assert report["extract"]["listed"][-1]["position"] == position
    assert set(report["counts"]) - {"POST_NOT_HELD"} == {"EXTRACT"}


def test_extracts_of_a_unit_a_person_and_a_period(site: Site) -> None:
    for argv, scope in (
        (("--unit", "jia"), {"unit": "jia"}),
        (("--person", "p-017", "--from", "2026-01-01"), {"person": "p-017", "from": "2026-01-01"}),
        (("--from", "2026-03-05", "--to", "2026-03-05"), {"from": "2026-03-05", "to": "2026-03-05"}),
    ):
        found("export", site.db, "--extract", *argv, "--out", site.path / "x.extract", at=site)
        report = json.loads(site.run("verify", site.path / "x.extract", "--policy", site.policy, "--json").out)
        assert report["scope"] == scope
        assert report["counts"] == {"EXTRACT": 1}


def test_an_evidence_file_of_a_unit_in_a_period(site: Site) -> None:
    out = site.path / "scoped"
    found("export", site.db, "--unit", "jia", "--from", "2026-03-01", "--to", "2026-03-31", "--out", out, at=site)
    code, lines = verify(site, "scoped", "--lang", "zh")

    assert code == 0
    assert lines[1] == "内容：正文出示 1，扣留 2，依法删除 0，缺失 0；附件出示 0，扣留 0，依法删除 0，缺失 0；备注 0 项"
    assert any(
        '单位 "jia" 及其下属，"2026-03-01" 起，至 "2026-03-31" 止；范围之外的内容均已扣留' in line for line in lines
    )


USAGE: dict[str, list[object]] = {
    "nothing chosen": ["--extract"],
    "both ways": ["--extract", "--position", 1, "--unit", "jia"],
    "no such position": ["--extract", "--position", 9999],
    "position zero": ["--extract", "--position", 0],
    "a position beyond all": ["--extract", "--position", 2**63],
    "a size beyond all": ["--since", 2**63],
    "no number": ["--extract", "--position", "x"],
    "no event id": ["--extract", "--event", "zz"],
    "no such event": ["--extract", "--event", "00" * 16],
    "no such unit": ["--extract", "--unit", "nowhere"],
    "nothing in it": ["--extract", "--to", "1999-12-31"],
    "a position of a whole file": ["--position", 1],
    "a unit and a person": ["--unit", "jia", "--person", "p-001"],
    "a scope and none": ["--unit", "jia", "--no-contents"],
    "a period that ends before it begins": ["--from", "2026-02-01", "--to", "2026-01-01"],
}


@pytest.mark.parametrize("argv", USAGE.values(), ids=USAGE)
def test_what_can_t_be_exported_is_exit_code_2_and_writes_nothing(site: Site, argv: list[object]) -> None:
    done = site.run("export", site.db, *argv, "--out", site.path / "new")

    assert done.code == 2
    assert done.out == ""
    assert not list(site.path.glob("new*"))


def test_an_export_replaces_an_export_of_either_kind_and_nothing_else(site: Site) -> None:
    found("export", site.db, "--extract", "--position", 1, "--out", site.evidence, at=site)
    found("export", site.db, "--out", site.evidence, at=site)
    for kept in (site.policy, site.db):
        before = kept.read_bytes()
        assert site.run("export", site.db, "--extract", "--position", 1, "--out", kept).code == 2
        assert kept.read_bytes() == before


# --- proofs --------------------------------------------------------------------------------------------------------


def test_a_proof_is_written_with_its_entry_and_verified(site: Site) -> None:
    position = last(site)
    proof, entry = site.path / "p.tlog-proof", site.path / "p.entry"
    found("proof", site.db, position, "--out", proof, "--entry", entry, at=site)
    assert proof.read_text(encoding="utf-8").startswith(f"c2sp.org/tlog-proof@v1\nindex {position - 1}\n")

    code, lines = verify(site, "p.tlog-proof", "--entry", entry, "--lang", "zh")
    assert code == 3
    assert lines[0].startswith(f"结论：无法判定（摘录：{position} 条中出示 1 条，经证明在日志中的 1 条；其余未出示")
    assert any("单条记录的证明（C2SP tlog-proof）" in line for line in lines)
    assert any("KEY_UNSHOWN" in line for line in lines)

    site.evidence.write_bytes(entry.read_bytes() + b"\x00")
    code, lines = verify(site, "p.tlog-proof", "--entry", site.evidence, "--lang", "zh")
    assert code == 1
    assert any("PROOF_MISMATCH" in line and "推不出校验点的根" in line for line in lines)


def test_the_log_s_own_checkpoint_covers_what_is_new_and_without_its_key_it_is_said(site: Site) -> None:
    assert site.record(TALK).code == 0
    position = last(site) + 1
    key = site.path / "log/log/key.pem"
    hidden = key.rename(site.path / "key.pem")
    done = site.run("proof", site.db, position, "--out", site.path / "p")
    assert done.code == 2
    assert "no checkpoint covers this entry yet" in done.err
    assert site.run("export", site.db, "--extract", "--position", position, "--out", site.path / "x").code == 2
    hidden.rename(key)
    found("proof", site.db, position, "--out", site.path / "p", at=site)
    witnessed(site, position - 1)
    found("export", site.db, "--extract", "--position", position, "--out", site.path / "x", at=site)
    assert vkey(site, key, "log", "trail.example/jia").split("+")[0] == "trail.example/jia"


def test_a_proof_without_its_entry_is_inconclusive_and_says_what_is_missing(site: Site) -> None:
    proof = site.path / "p.tlog-proof"
    found("proof", site.db, 1, "--out", proof, at=site)
    code, lines = verify(site, "p.tlog-proof")
    assert code == 3
    assert any("--entry" in line for line in lines)


@pytest.mark.parametrize(
    "content", [b"", b"\xff", b"c2sp.org/tlog-proof@v1\n", b"c2sp.org/tlog-proof@v1\nindex 01\n\nx\n"]
)
def test_a_proof_that_is_none_is_inconclusive(site: Site, content: bytes) -> None:
    (site.path / "p").write_bytes(content)
    done = site.run("verify", site.path / "p", "--entry", site.evidence, "--policy", site.policy, "--lang", "zh")
    assert done.code in (2, 3)
    assert "Traceback" not in done.err
    assert done.code == 2 or done.out.startswith("结论：无法判定")


def test_a_proof_replaces_nothing(site: Site) -> None:
    before = site.policy.read_bytes()
    assert site.run("proof", site.db, 1, "--out", site.policy).code == 2
    assert site.policy.read_bytes() == before
    for position in (0, -1, 10**9, 2**63 - 1):
        assert site.run("proof", site.db, position, "--out", site.path / "p").code == 2
    for position in (0, -1, 2**63, 99999999999999999999, "9" * 5000, "x", "１"):
        done = site.run("proof", site.db, position, "--out", site.path / "p")
        assert (done.code, "from 1 to 9223372036854775807" in done.err) == (2, True), done


def test_no_passphrase_is_asked_for_where_nothing_is_to_be_signed(site: Site) -> None:
    found("checkpoint", site.db, at=site)
    (site.path / "passphrase").unlink()

    found("export", site.db, "--out", site.path / "whole.trail", at=site)
    found("export", site.db, "--extract", "--position", 1, "--out", site.path / "x.extract", at=site)
    found("proof", site.db, 1, "--out", site.path / "x.tlog-proof", at=site)

    assert site.run("checkpoint", site.db).code != 0  # which is for signing
    assert site.run("export", site.db, "--out", site.path / "e", "--log-key", site.path / "log" / "key.pem").code != 0
