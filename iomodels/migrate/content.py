"""Whether a file can have anything to find, told from its bytes: most of a code base is never parsed."""

import re

__all__ = ["bases", "worth_parsing"]

MODULES = (
    rb"socket|select|selectors|socketserver|SocketServer|asyncore|asynchat|smtpd|telnetlib|_socket|ssl|http\.server|BaseHTTPServer"
    rb"|xmlrpc\.server|SimpleXMLRPCServer|wsgiref\.simple_server|wsgiref"
)
# What an import of one of them has in it. Looked for first: it is found five times as quickly as the patterns below fail.
INTERESTING = re.compile(
    rb"socket|select|asyncore|asynchat|smtpd|telnetlib|SocketServer|server|BaseHTTPServer|SimpleXMLRPC|wsgiref|ssl|http|xmlrpc"
)
# `import a, socket as s`, `from socket import x`, `from http import server`.
IMPORT = re.compile(
    rb"[ \t]*(?:import[ \t][^\n#]*?\b(?:" + MODULES + rb")\b"
    rb"|from[ \t]+[\w.]*\b(?:" + MODULES + rb")[ \t]+import\b"
    rb"|from[ \t]+(?:http|xmlrpc)[ \t]+import\b[^\n#]*\bserver\b)"
)
# `from six.moves import socketserver`, and `from six.moves import (`, in one of the lines that follow.
NAMED = rb"\b(?:" + MODULES + rb")\b"
TAKEN = re.compile(rb"[ \t]*from[ \t]+[\w.]+[ \t]+import[ \t]+(\([^)]*?" + NAMED + rb"[^)]*|[^\n#(]*?" + NAMED + rb"[^\n#]*)")
MODULE = re.compile(NAMED)
# In async code these block, whatever else the file imports.
BLOCKING = re.compile(
    rb"\btime\.sleep\b|\bfrom time import\b|\bimport (?:time|subprocess|threading|queue|multiprocessing|os) as\b|\bsubprocess\b"
    rb"|\bos\.(?:system|waitpid|wait|popen)\b|\bfrom os import\b|\bqueue\b|\bQueue\b|\bthreading\b|\bmultiprocessing\b"
)


def worth_parsing(data: bytes) -> bool:
    """Whether a rule could find something in a file with these bytes."""
    return _imports(data) or (b"async def" in data and BLOCKING.search(data) is not None)


def _imports(data: bytes) -> bool:
    """Whether one of MODULES is imported: each line with an `import` is looked at, and no other."""
    at = data.find(b"import")
    while at >= 0:
        start, end = data.rfind(b"\n", 0, at) + 1, data.find(b"\n", at)
        line = data[start : end if end >= 0 else None]
        if b"(" in line:
            line = data[start : data.find(b")", start)]  # the names may stand in the lines that follow
        if INTERESTING.search(line) and (IMPORT.match(line) or ((taken := TAKEN.match(line)) and _a_module(data, taken[1]))):
            return True
        at = data.find(b"import", end) if end >= 0 else -1
    return False


def _a_module(data: bytes, names: bytes) -> bool:
    """Whether one of them is a module as it seems: numpy and sqlalchemy have a function `select`."""
    return b" as " in names or b"select." in data or any(name != b"select" for name in MODULE.findall(names))


def bases(data: bytes) -> frozenset[bytes]:
    """The last names of what the classes of a file are made from: another file may say that one of them matters."""
    found: set[bytes] = set()
    at = data.find(b"class ")
    while at >= 0:
        colon, bracket = data.find(b":", at), data.find(b"(", at)
        if 0 < bracket < colon and not data[data.rfind(b"\n", 0, at) + 1 : at].strip():
            header = data[at : data.find(b"):", at)]
            found.update(NAMES.findall(header, header.find(b"(")))
        at = data.find(b"class ", at + 6)
    return frozenset(found)


NAMES = re.compile(rb"\w+")
