"""Whether a file can have anything to find, told from its bytes: most of a code base is never parsed."""

import re

__all__ = ["bases", "worth_parsing"]

MODULES = (
    rb"socket|select|selectors|socketserver|SocketServer|asyncore|asynchat|smtpd|telnetlib|_socket|ssl|http\.server|BaseHTTPServer"
    rb"|xmlrpc\.server|SimpleXMLRPCServer|wsgiref\.simple_server|wsgiref"
)
# What an import of one of them has in it. Looked for first: finding bytes is twenty times as quick as matching a pattern.
_WORDS = b"socket select asyncore asynchat smtpd telnetlib SocketServer http.server BaseHTTPServer xmlrpc.server SimpleXMLRPC"
INTERESTING = (*_WORDS.split(), b"wsgiref", b"import ssl", b"from ssl", b"http import", b"xmlrpc import")
# `import a, socket as s`, `from socket import x`, `from six.moves import socketserver`, `from http import server`.
IMPORT = re.compile(
    rb"[ \t]*(?:import[ \t][^\n#]*?\b(?:" + MODULES + rb")\b"
    rb"|from[ \t]+[\w.]*\b(?:" + MODULES + rb")[ \t]+import\b"
    rb"|from[ \t]+(?:http|xmlrpc)[ \t]+import\b[^\n#]*\bserver\b"
    rb"|from[ \t]+[\w.]+[ \t]+import[ \t]+[^\n#]*?\b(?:" + MODULES + rb")\b)"
)
# A line within `from six.moves import (...)`, and what must then stand somewhere before it.
WITHIN = re.compile(rb"[ \t]*(?:\w+(?: as \w+)?,[ \t]*)*(?:" + MODULES + rb")\b[\w ,\t]*\)?[ \t]*(?:#[^\n]*)?(?:\r?\n|$)")
OPENED = re.compile(rb"^[ \t]*from[ \t]+[\w.]+[ \t]+import[ \t]+\([^)]*?\b(?:" + MODULES + rb")\b", re.MULTILINE)
# In async code these block, whatever else the file imports.
BLOCKING = re.compile(
    rb"\btime\.sleep\b|\bfrom time import\b|\bimport (?:time|subprocess|threading|queue|multiprocessing|os) as\b|\bsubprocess\b"
    rb"|\bos\.(?:system|waitpid|wait|popen)\b|\bfrom os import\b|\bqueue\b|\bQueue\b|\bthreading\b|\bmultiprocessing\b"
)


def worth_parsing(data: bytes) -> bool:
    """Whether a rule could find something in a file with these bytes."""
    return _imports(data) or (b"async def" in data and BLOCKING.search(data) is not None)


def _imports(data: bytes) -> bool:
    """Whether one of MODULES is imported: each line that has such a word is looked at, and no other."""
    for word in INTERESTING:
        at = data.find(word)
        while at >= 0:
            start = data.rfind(b"\n", 0, at) + 1
            if IMPORT.match(data, start) or (WITHIN.match(data, start) and OPENED.search(data)):
                return True
            end = data.find(b"\n", at)
            at = data.find(word, end) if end >= 0 else -1
    return False


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
