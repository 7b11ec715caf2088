"""The arm that sends all of a reply and ends the connection then: at once, or where it hangs up because both ways are shut."""

from collections.abc import Sequence
from dataclasses import dataclass

import libcst as cst

from iomodels.migrate.rewrite.names import Names
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.shapes._arms import Arms
from iomodels.migrate.rewrite.shapes._tools import code, contains, is_call_statement, only
from iomodels.migrate.rewrite.shapes._write_part import says
from iomodels.migrate.rewrite.tree import Tree

__all__ = ["Last", "last_words"]

_Sent = tuple[cst.Attribute, cst.BaseExpression, Sequence[cst.CSTNode], Sequence[cst.BaseStatement]]
BOTH_WAYS = {"socket.SHUT_RDWR", "2"}


@dataclass(frozen=True)
class Last:
    """connection, owed: the socket, and what is sent to it, as text; method: how.

    asked: what sends, cuts off what was sent, and asks if that was all. ends: what is done when all is sent; later: when it
    hangs up. changes: the calls that change what it is watched for.
    """

    connection: str
    owed: str
    method: cst.Attribute
    asked: Sequence[cst.CSTNode]
    ends: Sequence[cst.BaseStatement]
    later: Sequence[cst.BaseStatement]
    changes: Sequence[cst.Call]


def last_words(tree: Tree, names: Names, told: Arms) -> Last | None:
    """What an arm does; None where it is something else. Raises Refused where nothing would close the connection."""
    sent = _all_sent(tree, names, told) or _sent_once(told)
    if sent is None:
        return None
    connection, owed, asked, lines = code(sent[0].value), code(sent[1]), sent[2], sent[3]
    steps = _Steps(names, told, connection, owed)
    kinds = [steps.kind(each) for each in lines]
    ends = [each for each, kind in zip(lines, kinds, strict=True) if kind != "rest"]
    acts = [kind for kind in kinds if kind != "say"]
    changes = [call for call in told.changes if tree.within(call, told.writing)]
    hung_up = _lines(told.hung_up) if told.hung_up is not None else ()
    if "rest" not in acts:
        return Last(connection, owed, sent[0], asked, ends, (), changes) if _closing(acts) else None
    if sorted(acts) == ["rest", "shutdown"]:
        later = [kind for each in hung_up if (kind := steps.kind(each)) != "say"]
        if _closing(later) and "shutdown" not in later:
            return Last(connection, owed, sent[0], asked, ends, hung_up, changes)
        raise Refused(
            "end-not-understood", told.writing, "it is watched for nothing then, and nothing known closes it at EPOLLHUP"
        )
    if set(acts) <= {"rest", "half"}:
        raise Refused("end-not-understood", told.writing, "it is watched for nothing then, and open until the client hangs up")
    return None


def _lines(arm: cst.If) -> Sequence[cst.BaseStatement]:
    return arm.body.body if isinstance(arm.body, cst.IndentedBlock) else ()


def _closing(acts: list[str]) -> bool:
    """Whether it is closed for good, and nothing is done with it then but to forget it."""
    before = acts[: acts.index("close")] if "close" in acts else ["rest"]
    after = acts[len(before) + 1 :]
    return "unregister" in before and set(before) <= {"unregister", "shutdown"} and set(after) <= {"forget"}


def _all_sent(tree: Tree, names: Names, told: Arms) -> _Sent | None:
    """`count = sock.send(table[fd])`, `table[fd] = table[fd][count:]`, and what is done if that was all."""
    if len(lines := _lines(told.writing)) != 3:
        return None
    [sends, cuts, done] = lines
    small, cut = only(sends), only(cuts)
    if not isinstance(small, cst.Assign) or len(small.targets) != 1 or not isinstance(done, cst.If) or done.orelse is not None:
        return None
    sent = _sends(small.value)
    if sent is None or sent[0].attr.value != "send" or not code(sent[1]).endswith(f"[{told.ready}]") or cut is None:
        return None
    owed, count = code(sent[1]), code(small.targets[0].target)
    variable = names.variable(small.targets[0].target)
    uses = [*(store.node for store in names.stores[variable]), *names.loads[variable]] if variable is not None else []
    here = len(uses) == 2 and all(tree.statement(each) in (sends, cuts) for each in uses)
    if not here or code(cut) != f"{owed} = {owed}[{count}:]":
        return None
    if code(done.test) not in {f"not {owed}", f"len({owed}) == 0", f"not len({owed})", f"{owed} == b''", f'{owed} == b""'}:
        return None
    if any(isinstance(each, cst.Call) and names.qualified(each.func) != "builtins.len" for each in contains(done.test)):
        return None
    method = sent[0].with_changes(attr=cst.Name("sendall"))
    return method, sent[1], (sends, cuts, done.test), _lines(done)


def _sent_once(told: Arms) -> _Sent | None:
    """`sock.send(reply)`, and what is done after it."""
    if not (lines := _lines(told.writing)):
        return None
    call = is_call_statement(lines[0])
    sent = _sends(call) if call is not None else None
    simple = sent is not None and not any(isinstance(each, cst.Call | cst.Await) for each in contains(sent[1]))
    return (*sent, lines[:1], lines[1:]) if sent is not None and simple else None


def _sends(call: cst.BaseExpression) -> tuple[cst.Attribute, cst.BaseExpression] | None:
    """How a call sends, and what."""
    if not isinstance(call, cst.Call) or not isinstance(call.func, cst.Attribute) or len(call.args) != 1:
        return None
    plain = call.func.attr.value in {"send", "sendall"} and call.args[0].keyword is None and not call.args[0].star
    return (call.func, call.args[0].value) if plain else None


@dataclass(frozen=True)
class _Steps:
    names: Names
    told: Arms
    connection: str
    owed: str

    def kind(self, line: cst.CSTNode) -> str:
        """What a line does: "say", "rest" (be watched for nothing), "shutdown", "half", "unregister", "close", "forget", ""."""
        small, call = only(line), is_call_statement(line)
        if isinstance(small, cst.Del):
            targets = [each.value for each in small.target.elements] if isinstance(small.target, cst.Tuple) else [small.target]
            return "forget" if all(code(each).endswith(f"[{self.told.ready}]") for each in targets) else ""
        if call is None:
            return ""
        given = [code(arg.value) for arg in call.args]
        match code(call.func):
            case function if function == f"{self.told.poller}.unregister" and given in ([self.told.ready], [self.connection]):
                return "unregister"
            case function if function == f"{self.connection}.close" and not given:
                return "close"
            case function if function == f"{self.connection}.shutdown" and len(given) == 1:
                both = (self.names.qualified(call.args[0].value) or given[0]) in BOTH_WAYS
                return "shutdown" if both else "half"
        if self.told.asks(self.names, call, set()):
            return "rest"
        touched = {code(each) for each in contains(line)} & {self.owed, self.connection, self.told.poller}
        return "say" if says(self.names, call) and not touched else ""
