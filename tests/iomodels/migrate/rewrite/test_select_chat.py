"""Chats on select: in its turn one connection writes to the others. They are left alone, with the reason and the recipe."""

import pytest

from iomodels.migrate.rewrite import Target, rewrite

CHAT = """
import select
import socket
import sys

server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
watched = [server]
names = {}

while True:
    readable, _, _ = select.select(watched, [], [])
    for ready in readable:
        if ready is server:
            client, address = server.accept()
            watched.append(client)
            names[client] = b"%d " % address[1]
        else:
            data = ready.recv(1024)
            if not data:
                watched.remove(ready)
                del names[ready]
                ready.close()
                continue
            for other in names:
                if other is not ready:
                    other.sendall(data)
"""
LOOP = CHAT[CHAT.index("            for other") :]
TO_ONE = "            for name in {}:\n                ready.sendall(name)\n"
HELPER = """def broadcast(speaker, data):
    for other in {}:
        if other is not server and other is not speaker:
            {}


while True:"""
BY_A_FUNCTION = CHAT.replace(LOOP, "            broadcast(ready, data)\n")


@pytest.mark.parametrize(
    "text",
    [
        CHAT,
        CHAT.replace("in names:", "in list(names):"),
        CHAT.replace("in names:", "in watched[1:]:"),
        CHAT.replace("names[client] = b", "names[address] = client #")
        .replace("[ready]", "[ready.getpeername()]")
        .replace("in names:", "in names.values():"),
        BY_A_FUNCTION.replace("while True:", HELPER.format("watched", "other.send(data)")),
        BY_A_FUNCTION.replace("while True:", HELPER.format("list(names)", "names[other] += data")),
        CHAT.replace("ready.close()", "pass"),  # what else keeps it is said when this does not any more
    ],
    ids=["table", "copy", "list", "values", "function", "owed", "open"],
)
@pytest.mark.parametrize("target", Target)
def test_who_writes_to_the_others_is_left_alone(text: str, target: Target) -> None:
    done = rewrite(text, "chat.py", target)
    assert done.text == text
    [refusal] = done.refusals
    assert refusal.code == "IOM926"
    assert "nobody came or left" in refusal.text


def test_what_each_is_asked_and_told_alone_moves() -> None:
    assert rewrite(CHAT.replace(LOOP, TO_ONE.format("list(names.values())")), "p.py", Target.TRIO).changes


@pytest.mark.parametrize("over", ["names.values()", "reversed(names.values())", "filter(None, names.values())"])
def test_what_others_change_is_not_gone_through_over_writes(over: str) -> None:
    text = CHAT.replace(LOOP, TO_ONE.format(over))
    done = rewrite(text, "p.py", Target.TRIO)
    assert done.text == text
    assert [refusal.code for refusal in done.refusals] == ["IOM923"]
