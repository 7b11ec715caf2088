"""What the standard library's calls give back, where sockets and waiting are concerned: the facts that names are followed by.

A value is a string. `socket.socket` is the object of that name; `@socket.socket` an instance of it; `[@socket.socket` a
container of such; `.Server` a class or function of the module itself. `?` says that there may be other values.
"""

__all__ = ["ATTRIBUTES", "BASES", "CLASSES", "ELEMENTS", "EXPORTS", "ITEMS", "RETURNS", "SAME", "canonical"]

SOCKET, UNKNOWN = "@socket.socket", "?"

# The names under which the same thing is known.
SAME = {
    "socket.SocketType": "socket.socket",
    "_socket.socket": "socket.socket",
    "ssl.SSLSocket": "socket.socket",
    "SocketServer": "socketserver",
    "Queue.Queue": "queue.Queue",
    "queue.SimpleQueue": "queue.Queue",
    "queue.LifoQueue": "queue.Queue",
    "queue.PriorityQueue": "queue.Queue",
    "multiprocessing.Queue": "multiprocessing.Queue",
    "_thread.start_new_thread": "_thread.start_new_thread",
    "thread.start_new_thread": "_thread.start_new_thread",
    "_thread.start_new": "_thread.start_new_thread",
    "threading._start_new_thread": "_thread.start_new_thread",
    "_thread.allocate_lock": "threading.Lock",
    "select.EpollType": "select.epoll",
    "selectors.SelectSelector": "selectors.DefaultSelector",
    "selectors.PollSelector": "selectors.DefaultSelector",
    "selectors.EpollSelector": "selectors.DefaultSelector",
    "selectors.DevpollSelector": "selectors.DefaultSelector",
    "selectors.KqueueSelector": "selectors.DefaultSelector",
    "selectors.BaseSelector": "selectors.DefaultSelector",
    "threading.RLock": "threading.Lock",
    "threading.Semaphore": "threading.Lock",
    "threading.BoundedSemaphore": "threading.Lock",
    "concurrent.futures.thread.ThreadPoolExecutor": "concurrent.futures.ThreadPoolExecutor",
    "multiprocessing.dummy.Pool": "multiprocessing.pool.ThreadPool",
    "multiprocessing.context.Process": "multiprocessing.Process",
}

RETURNS = {
    "socket.socket": SOCKET,
    "socket.create_connection": SOCKET,
    "socket.create_server": SOCKET,
    "socket.fromfd": SOCKET,
    "socket.fromshare": SOCKET,
    "socket.socketpair": "[@socket.socket",
    "socket.socket.dup": SOCKET,
    "socket.socket.makefile": "@socket.SocketIO",
    "socket.socket.__enter__": SOCKET,
    "ssl.wrap_socket": SOCKET,
    "ssl.create_default_context": "@ssl.SSLContext",
    "ssl.SSLContext": "@ssl.SSLContext",
    "ssl.SSLContext.wrap_socket": SOCKET,
    "select.poll": "@select.poll",
    "select.epoll": "@select.epoll",
    "select.kqueue": "@select.kqueue",
    "select.devpoll": "@select.poll",
    "selectors.DefaultSelector": "@selectors.DefaultSelector",
    "selectors.DefaultSelector.register": "@selectors.SelectorKey",
    "selectors.DefaultSelector.get_key": "@selectors.SelectorKey",
    "selectors.DefaultSelector.unregister": "@selectors.SelectorKey",
    "selectors.DefaultSelector.get_map": "[@selectors.SelectorKey",
    "threading.Thread": "@threading.Thread",
    "threading.Timer": "@threading.Thread",
    "threading.enumerate": "[@threading.Thread",
    "threading.Lock": "@threading.Lock",
    "threading.Event": "@threading.Event",
    "threading.Condition": "@threading.Condition",
    "queue.Queue": "@queue.Queue",
    "multiprocessing.Queue": "@multiprocessing.Queue",
    "multiprocessing.JoinableQueue": "@multiprocessing.Queue",
    "multiprocessing.Process": "@multiprocessing.Process",
    "multiprocessing.Pipe": "[@multiprocessing.Connection",
    "multiprocessing.Pool": "@multiprocessing.pool.Pool",
    "multiprocessing.pool.ThreadPool": "@multiprocessing.pool.ThreadPool",
    "multiprocessing.pool.Pool": "@multiprocessing.pool.Pool",
    "multiprocessing.connection.Listener": "@multiprocessing.connection.Listener",
    "multiprocessing.connection.Client": "@multiprocessing.Connection",
    "multiprocessing.connection.Listener.accept": "@multiprocessing.Connection",
    "concurrent.futures.ThreadPoolExecutor": "@concurrent.futures.ThreadPoolExecutor",
    "concurrent.futures.ProcessPoolExecutor": "@concurrent.futures.ProcessPoolExecutor",
    "concurrent.futures.ThreadPoolExecutor.submit": "@concurrent.futures.Future",
    "concurrent.futures.ProcessPoolExecutor.submit": "@concurrent.futures.Future",
    "subprocess.Popen": "@subprocess.Popen",
    "os.fork": "@int",
    "open": "@io.IOBase",
    "bytes": "@bytes",
    "bytearray": "@bytearray",
    "str": "@str",
    "int": "@int",
    "len": "@int",
    "socket.socket.recv": "@bytes",
    "socket.socket.fileno": "@int",
}
# An instance for each of these classes, too.
for _class in (
    "socketserver.TCPServer",
    "socketserver.ThreadingTCPServer",
    "socketserver.ForkingTCPServer",
    "socketserver.UDPServer",
    "socketserver.ThreadingUDPServer",
    "socketserver.ForkingUDPServer",
    "socketserver.UnixStreamServer",
    "socketserver.ThreadingUnixStreamServer",
    "socketserver.UnixDatagramServer",
    "http.server.HTTPServer",
    "http.server.ThreadingHTTPServer",
    "xmlrpc.server.SimpleXMLRPCServer",
    "wsgiref.simple_server.WSGIServer",
    "asyncore.dispatcher",
    "asyncore.dispatcher_with_send",
    "asynchat.async_chat",
    "smtpd.SMTPServer",
    "smtpd.SMTPChannel",
    "telnetlib.Telnet",
):
    RETURNS[_class] = f"@{_class}"

# What the items of a result are, where they differ.
ITEMS = {
    "socket.socket.accept": (SOCKET, "@address"),
    "asyncore.dispatcher.accept": (SOCKET, "@address"),
    "socketserver.BaseServer.get_request": (SOCKET, "@address"),
    "socket.socket.recvfrom": ("@bytes", "@address"),
    "socket.socketpair": (SOCKET, SOCKET),
    "os.pipe": ("@pipe", "@pipe"),
    "os.pipe2": ("@pipe", "@pipe"),
    "multiprocessing.Pipe": ("@multiprocessing.Connection", "@multiprocessing.Connection"),
}

# What is handed out by each turn of a loop over a result, item by item.
ELEMENTS = {
    "selectors.DefaultSelector.select": ("@selectors.SelectorKey", "@int"),
    "select.poll.poll": ("@int", "@int"),
    "select.epoll.poll": ("@int", "@int"),
}

ATTRIBUTES = {
    "socketserver.BaseRequestHandler.request": (SOCKET,),
    "socketserver.StreamRequestHandler.connection": (SOCKET,),
    "socketserver.StreamRequestHandler.rfile": ("@socket.SocketIO",),
    "socketserver.StreamRequestHandler.wfile": ("@socket.SocketIO",),
    "socketserver.BaseRequestHandler.server": ("@socketserver.BaseServer",),
    "socketserver.BaseRequestHandler.client_address": ("@address",),
    "socketserver.BaseServer.socket": (SOCKET,),
    "asyncore.dispatcher.socket": (SOCKET, UNKNOWN),
    "selectors.SelectorKey.fileobj": (SOCKET, UNKNOWN),
    "selectors.SelectorKey.data": (UNKNOWN,),
    "telnetlib.Telnet.sock": (SOCKET,),
}

# Each class of the library, and the one above it.
BASES = {
    "socketserver.TCPServer": ("socketserver.BaseServer",),
    "socketserver.UDPServer": ("socketserver.TCPServer",),
    "socketserver.UnixStreamServer": ("socketserver.TCPServer",),
    "socketserver.UnixDatagramServer": ("socketserver.UDPServer",),
    "socketserver.ThreadingTCPServer": ("socketserver.ThreadingMixIn", "socketserver.TCPServer"),
    "socketserver.ThreadingUDPServer": ("socketserver.ThreadingMixIn", "socketserver.UDPServer"),
    "socketserver.ThreadingUnixStreamServer": ("socketserver.ThreadingMixIn", "socketserver.UnixStreamServer"),
    "socketserver.ForkingTCPServer": ("socketserver.ForkingMixIn", "socketserver.TCPServer"),
    "socketserver.ForkingUDPServer": ("socketserver.ForkingMixIn", "socketserver.UDPServer"),
    "socketserver.StreamRequestHandler": ("socketserver.BaseRequestHandler",),
    "socketserver.DatagramRequestHandler": ("socketserver.BaseRequestHandler",),
    "http.server.HTTPServer": ("socketserver.TCPServer",),
    "http.server.ThreadingHTTPServer": ("socketserver.ThreadingMixIn", "http.server.HTTPServer"),
    "http.server.BaseHTTPRequestHandler": ("socketserver.StreamRequestHandler",),
    "http.server.SimpleHTTPRequestHandler": ("http.server.BaseHTTPRequestHandler",),
    "xmlrpc.server.SimpleXMLRPCServer": ("socketserver.TCPServer",),
    "xmlrpc.server.SimpleXMLRPCRequestHandler": ("http.server.BaseHTTPRequestHandler",),
    "wsgiref.simple_server.WSGIServer": ("http.server.HTTPServer",),
    "wsgiref.simple_server.WSGIRequestHandler": ("http.server.BaseHTTPRequestHandler",),
    "asyncore.dispatcher_with_send": ("asyncore.dispatcher",),
    "asyncore.file_dispatcher": ("asyncore.dispatcher",),
    "asynchat.async_chat": ("asyncore.dispatcher",),
    "smtpd.SMTPServer": ("asyncore.dispatcher",),
    "smtpd.SMTPChannel": ("asynchat.async_chat",),
    "smtpd.DebuggingServer": ("smtpd.SMTPServer",),
    "smtpd.PureProxy": ("smtpd.SMTPServer",),
    "threading.Timer": ("threading.Thread",),
    "ssl.SSLSocket": ("socket.socket",),
}

# All of them, those that have nothing above them included.
CLASSES = frozenset(BASES).union(*BASES.values())

# What `from MODULE import *` brings, of what matters here.
EXPORTS = {
    "socket": (
        "socket create_connection create_server socketpair fromfd getaddrinfo gethostbyname gethostbyaddr gethostname "
        "getfqdn error timeout gaierror herror AF_INET AF_INET6 AF_UNIX SOCK_STREAM SOCK_DGRAM SOL_SOCKET SO_REUSEADDR "
        "SO_KEEPALIVE SO_REUSEPORT IPPROTO_TCP TCP_NODELAY SHUT_RD SHUT_WR SHUT_RDWR SOMAXCONN MSG_PEEK MSG_DONTWAIT "
        "MSG_WAITALL inet_aton inet_ntoa htons ntohs"
    ),
    "select": "select poll epoll kqueue error POLLIN POLLOUT POLLHUP POLLERR EPOLLIN EPOLLOUT EPOLLHUP EPOLLERR EPOLLET",
    "selectors": "DefaultSelector SelectSelector PollSelector EpollSelector BaseSelector EVENT_READ EVENT_WRITE",
    "threading": "Thread Lock RLock Event Condition Semaphore Timer current_thread active_count",
    "socketserver": (
        "BaseServer TCPServer UDPServer ThreadingMixIn ForkingMixIn ThreadingTCPServer ThreadingUDPServer "
        "ForkingTCPServer BaseRequestHandler StreamRequestHandler DatagramRequestHandler"
    ),
    "asyncore": "dispatcher dispatcher_with_send loop close_all file_dispatcher",
    "asynchat": "async_chat simple_producer",
    "smtpd": "SMTPServer SMTPChannel DebuggingServer PureProxy",
    "time": "sleep time monotonic",
    "os": "fork pipe waitpid read write",
    "queue": "Queue Empty Full",
    "_thread": "start_new_thread allocate_lock",
    "thread": "start_new_thread allocate_lock",
    "signal": "signal SIGCHLD SIGTERM SIGINT SIGIO set_wakeup_fd",
}


def canonical(name: str) -> str:
    """The name under which the tables know it: `ssl.SSLSocket.recv` is `socket.socket.recv`."""
    if name in SAME:
        return SAME[name]
    head, dot, tail = name.rpartition(".")
    if dot and (head in SAME or "." in head or head == "SocketServer"):
        return f"{canonical(head)}.{tail}"
    return name
