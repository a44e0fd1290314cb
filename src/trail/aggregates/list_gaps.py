"""
The order constraints of the lists, C1 to C4, judged over settled records.

* C1 a task refers to an item of a responsibility list.
* C2 an endorsement is by the direct superior and after the last edit; a list without a named endorser stands on the
  committee's own commitment.
* C3 a pledge has two sides, signed by two persons, over one text.
* C4 what was filed for record had been endorsed, where C2 names an endorser.  Instants are compared where both sides
  claim one, otherwise days; where these can't tell which came first, the positions in the stream do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from trail.aggregates.list_versions import Key, ListVersion, named_in, versions_of
from trail.aggregates.state import Gap, Settled, gap, in_order, joined, key_of
from trail.evidence.moment import Happened

_TEAM: Final = frozenset(("secretary", "deputy_secretary", "member", "principal"))
_SUPERIORS: Final[Mapping[str, frozenset[str]]] = {  # 三（一）2: the secretary for members, members for heads
    "deputy_secretary": frozenset(("secretary",)),
    "member": frozenset(("secretary",)),
    "principal": _TEAM,  # the secretary for the team; for a unit in a portfolio, the member in charge above
    "head": _TEAM,
    "branch_secretary": _TEAM,
}
_DAY: Final = 10
_KNOWN: Final = {"year": 4, "month": 7}  # how much of YYYY-MM-DD is known, in characters; otherwise all of it
_EXEMPT: Final = frozenset(("secretary",))  # AMB26: the text names no endorser for the team and the secretary


def list_gaps(settled: tuple[Settled, ...], kinds: Mapping[str, str]) -> tuple[Gap, ...]:
    """All gaps of C1 to C4, in order of the first position concerned."""
    versions = versions_of(settled)
    endorsed, committed = named_in(settled, "ListEndorsed@1"), named_in(settled, "CommitmentSigned@1")
    gaps = [
        *_task_gaps(versions),
        *_voided(versions, endorsed),
        *_by_whom(versions, endorsed, kinds),
        *_pledges(settled),
        *_filed(settled, versions, endorsed, committed, kinds),
    ]
    return in_order(gaps)


def _latest(versions: Iterable[ListVersion]) -> list[ListVersion]:
    return list({version.list_id: version for version in versions}.values())


def _task_gaps(versions: tuple[ListVersion, ...]) -> Iterator[Gap]:
    by_key = {version.key: version for version in versions}
    for task_list in _latest(versions):
        if task_list.list_id[0] != "task":
            continue
        at: tuple[int, ...] = (task_list.position,)
        named = None if task_list.responsibility is None else by_key.get(task_list.responsibility)
        if task_list.responsibility is None:
            yield gap("C1", at, "the task list names no responsibility list", "任务清单未注明所依据的责任清单")
        elif named is None or named.list_id[0] != "responsibility":
            en = "the task list names a version that is no responsibility list of this unit and year"
            yield gap("C1", at, en, "任务清单所依据的版本不是本单位本年度的责任清单")
        if named is not None:
            at = (*at, named.position)
        loose = [number for number, refs in task_list.tasks.items() if not refs]
        if loose and task_list.responsibility is not None:
            en = f"tasks without a responsibility item: {joined(loose, ', ')}"
            yield gap("C1", at[:1], en, f"任务未对应责任项：{joined(loose, '、')}")
        if named is not None and named.list_id[0] == "responsibility":
            missing = {ref for refs in task_list.tasks.values() for ref in refs} - named.items
            if missing:
                en = f"the responsibility list has no item {joined(missing, ', ')}"
                yield gap("C1", at, en, f"责任清单中没有责任项：{joined(missing, '、')}")


def _voided(versions: tuple[ListVersion, ...], endorsed: Mapping[Key, tuple[Settled, ...]]) -> Iterator[Gap]:
    """Endorsements of what is not the last version, unless that one is endorsed too."""
    for last in _latest(versions):
        if last.key in endorsed:
            continue
        older = [version for version in versions if version.list_id == last.list_id and version.key in endorsed]
        for version in older:
            for act in endorsed[version.key]:
                at = (version.position, act.position, last.position)
                if last.position > act.position:
                    en = "the list was edited after its endorsement; the endorsement is void until it is endorsed again"
                    yield gap("C2", at, en, "清单在签字背书后又有修改，原背书失效，需重新背书")
                else:
                    en = "the endorsement names an older version than the last one before it"
                    yield gap("C2", at, en, "签字背书所指版本不是当时的最新版本")


def _by_whom(
    versions: tuple[ListVersion, ...], endorsed: Mapping[Key, tuple[Settled, ...]], kinds: Mapping[str, str]
) -> Iterator[Gap]:
    for version in versions:
        owner = version.owner_post
        wanted = _SUPERIORS.get(kinds.get(owner or "", ""))
        for act in endorsed.get(version.key, ()):
            posts = {signer.post for signer in act.record.statement.signers}
            at = (version.position, act.position)
            if owner is not None and owner in posts:
                yield gap("C2", at, "a list was endorsed from the post whose list it is", "清单由责任人本岗位自行背书")
            elif wanted is not None and all(post in kinds for post in posts) and not {kinds[p] for p in posts} & wanted:
                en = f"the endorser is not the direct superior ({joined(posts, ', ')})"
                yield gap("C2", at, en, f"背书人不是直接上级（{joined(posts, '、')}）")


def _pledges(settled: tuple[Settled, ...]) -> Iterator[Gap]:
    parties: dict[str, list[Settled]] = {}
    for act in settled:
        if act.record.statement.type == "PledgeSigned@1":
            parties.setdefault(str(act.fields["party"]), []).append(act)
    for party, acts in parties.items():
        texts: dict[bytes, dict[str, Settled]] = {}
        for act in acts:
            texts.setdefault(bytes(act.fields["pledge"]), {})[str(act.fields["side"])] = act
        complete = [sides for sides in texts.values() if len(sides) == 2]
        done = max((act.position for sides in complete for act in sides.values()), default=0)
        open_ = [act for sides in texts.values() if len(sides) == 1 for act in sides.values() if act.position > done]
        yield from _unmatched(party, open_)
        for sides in complete:
            persons = [{signer.person for signer in act.record.statement.signers} for act in sides.values()]
            if persons[0] & persons[1]:
                at = tuple(sorted(act.position for act in sides.values()))
                en = f"one person signed both sides of the pledge of {party}"
                yield gap("C3", at, en, f"责任书双方由同一人签名（{party}）")


def _unmatched(party: str, acts: list[Settled]) -> Iterator[Gap]:
    if len({act.fields["side"] for act in acts}) == 2:
        at = tuple(sorted(act.position for act in acts))
        en = f"the two sides of the pledge of {party} signed different texts"
        yield gap("C3", at, en, f"责任书双方所签文本不一致（{party}）")
        return
    for act in acts:
        committee = act.fields["side"] == "committee"
        en = f"the pledge of {party} lacks the signature of the {'responsible' if committee else 'committee'} side"
        zh = f"责任书缺{'责任对象' if committee else '党委（党总支）'}一方签名（{party}）"
        yield gap("C3", (act.position,), en, zh)


def _filed(
    settled: tuple[Settled, ...],
    versions: tuple[ListVersion, ...],
    endorsed: Mapping[Key, tuple[Settled, ...]],
    committed: Mapping[Key, tuple[Settled, ...]],
    kinds: Mapping[str, str],
) -> Iterator[Gap]:
    by_key = {version.key: version for version in versions}
    for filing in settled:
        if filing.record.statement.type != "ListFiledForRecord@1":
            continue
        for key in {key_of(reference): None for reference in filing.fields["versions"]}:
            version = by_key.get(key)
            if version is not None:
                yield from _filed_version(filing, version, endorsed.get(key, ()), committed.get(key, ()), kinds)


def _filed_version(
    filing: Settled,
    version: ListVersion,
    endorsed: tuple[Settled, ...],
    committed: tuple[Settled, ...],
    kinds: Mapping[str, str],
) -> Iterator[Gap]:
    kind = kinds.get(version.owner_post or "", "")
    exempt = version.owner_post is None or kind in _EXEMPT
    vouched = committed if exempt and not endorsed else endorsed
    if not vouched and kind not in _SUPERIORS:
        vouched = committed  # without the registry, a commitment is as good: C2 may name no endorser
    at: tuple[int, ...] = (version.position, filing.position)
    if not vouched:
        en = "the filed version was committed to by nobody" if exempt else "the filed version is not endorsed"
        yield gap("C4", at, en, "所备案版本未经党委（党总支）签字承诺" if exempt else "所备案版本未经签字背书")
        return
    claims = [_compared(act.happened, filing.happened) for act in vouched]
    if any((claim or act.position - filing.position) < 0 for claim, act in zip(claims, vouched, strict=True)):
        return
    at = (*at, vouched[0].position)
    if all(claims):
        en = "the filed version was vouched for only after it was filed"
        yield gap("C4", at, en, "所备案版本在报送之后才签字背书或承诺")
    else:  # of the same day: all that is known is the order in which they were recorded
        en = "the filed version was vouched for in a record after the filing, and the dates do not say which came first"
        yield gap("C4", at, en, "所备案版本的签字背书或承诺在报送之后才记录，所填日期分不出先后")


def _compared(one: Happened, other: Happened) -> int:
    """Below 0 if *one* is claimed to be earlier than *other*, above 0 if later; 0 where the claims can't tell."""
    if type(one.value) is int and type(other.value) is int:
        step = 60 if "minute" in (one.precision, other.precision) else 1
        return one.value // step - other.value // step
    known = min(_KNOWN.get(one.precision, _DAY), _KNOWN.get(other.precision, _DAY))
    left, right = one.date()[:known], other.date()[:known]
    return (left > right) - (left < right)
