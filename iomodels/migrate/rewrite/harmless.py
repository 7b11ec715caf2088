"""Calls that are known not to block: a list, since what is not on it is refused."""

import builtins

__all__ = ["METHODS", "may_be_called"]

_NOT_BUILTINS = {"open", "input", "exec", "eval", "compile", "breakpoint", "exit", "quit", "help", "__import__"}
BUILTINS = frozenset(name for name in dir(builtins) if name not in _NOT_BUILTINS)

_MODULES = """
array base64 binascii bisect calendar codecs collections copy csv dataclasses datetime decimal difflib email enum errno
fractions functools hashlib heapq hmac html io ipaddress itertools json logging math mimetypes operator pprint random re
secrets socket statistics string struct sys textwrap time traceback types unicodedata uuid warnings zlib
"""
MODULES = frozenset(_MODULES.split())

_NOT_HARMLESS = """
codecs.open io.FileIO io.open logging.shutdown socket.create_connection socket.create_server socket.getaddrinfo socket.getfqdn
socket.gethostbyaddr socket.gethostbyname socket.gethostbyname_ex socket.getnameinfo socket.socket sys.exit
sys.stdin.read sys.stdin.readline sys.stdin.buffer.read time.sleep
"""
NOT_HARMLESS = frozenset(_NOT_HARMLESS.split())

_OTHERS = """
os.environ.get os.fsdecode os.fsencode os.fspath os.getcwd os.getenv os.getpid os.getppid os.path.basename os.path.dirname
os.path.join os.path.splitext os.strerror os.uname os.urandom threading.Lock threading.RLock _thread.allocate_lock
"""
OTHERS = tuple(_OTHERS.split())

_TYPES = (str, bytes, bytearray, list, dict, set, frozenset, tuple, int, float, memoryview)
_OTHER_METHODS = """
debug info warning warn error exception critical log isEnabledFor match search fullmatch finditer sub subn group groups
groupdict start end span pack unpack unpack_from pack_into hexdigest digest isoformat strftime total_seconds timestamp
appendleft popleft most_common getvalue
"""
METHODS = frozenset(name for kind in _TYPES for name in dir(kind) if name[0] != "_") | frozenset(_OTHER_METHODS.split())


def may_be_called(name: str) -> bool:
    """Whether a function of a library, by its qualified name, never blocks."""
    module, _, rest = name.partition(".")
    if module == "builtins":
        return rest.partition(".")[0] in BUILTINS
    return name not in NOT_HARMLESS and (module in MODULES or name in OTHERS or name.startswith("urllib.parse."))
