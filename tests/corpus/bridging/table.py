"""Which bridge each program of the corpus goes under, by its model, and the words that change: the table of `tests.corpus.bridges`.

An edit is (what stood there, what stands there now); LIBRARY is the library's name.
"""

import re
from dataclasses import dataclass

__all__ = ["BRIDGES", "FORKS", "WAYS", "Bridge", "Way"]


@dataclass(frozen=True)
class Way:
    """One way under a bridge.

    models: of the programs that go it, as a header has them. what: what it does, for a reader. awaited: calls that get `await`,
    and whose functions get `async`. methods: calls of a socket among them. begins: the whole program starts inside a library's
    `run`. loop: a loop in a thread stands by from the program's start.
    """

    models: frozenset[str]
    what: str
    awaited: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    begins: bool = False
    loop: bool = False


@dataclass(frozen=True)
class Bridge:
    """How one program goes. names: of the bridge's, and others, that it imports. options: of its loop in a thread.

    file: the one that changes, in a program of several.
    """

    way: str
    edits: tuple[tuple[str, str], ...] = ()
    names: tuple[str, ...] = ()
    options: str = ""
    file: str = ""

    def words(self) -> tuple[set[str], set[str]]:
        """The words that may go from the program, and those that may come, its imports apart."""
        way = WAYS[self.way]
        went, came = ({word for edit in self.edits for word in WORD.findall(edit[side])} for side in (0, 1))
        if way.awaited:
            came |= {"async", "await", "(", ")"}
        if way.methods:
            went |= {".", "(", *way.methods}
            came |= {",", *way.methods}
        if way.begins:
            came |= {"async", "def", "begin", "(", ")", ":", "run_awaited"}
        return went, came


WORD = re.compile(r"\w+|'[^']*'|\"[^\"]*\"|[^\w\s]")
SOCKET = "recv", "send", "sendall"
READY = "bridged_select", "select", "poll"
WAYS = {
    "readiness": Way(
        frozenset({"select", "poll", "epoll", "selectors"}),
        "bridge.select, poll, epoll, Selector for the standard ones; the loop awaits them",
        awaited=READY,
        begins=True,
    ),
    "asyncore": Way(
        frozenset({"asyncore"}),
        "asyncore from the bridge, `await asyncore.loop()`; the dispatchers are as they were",
        awaited=("loop",),
        begins=True,
    ),
    "serve": Way(
        frozenset({"socketserver"}), "bridge.serve for serve_forever; the server's class and the handlers are as they were"
    ),
    "conversation": Way(
        frozenset({"blocking", "threads", "thread_pool"}),
        "bridge.in_thread: who was called for a connection, or started, is called in the loop, and awaits its socket",
        awaited=(*SOCKET, "bridged_select"),
        methods=SOCKET,
        loop=True,
    ),
    "child": Way(
        frozenset({"fork", "prefork"}),
        "as `conversation`, with a loop in a thread in each child, made after the fork",
        awaited=SOCKET,
        methods=SOCKET,
    ),
    "worker": Way(
        frozenset({"blocking", "threads", "thread_pool"}),
        "bridge.in_thread: the handler is called in a worker thread of the loop's, as it was: thread, loop, thread",
        loop=True,
    ),
    "call": Way(
        frozenset({"blocking", "socketserver"}),
        "bridge.in_thread: each call of a socket that waits is called in the loop",
        loop=True,
    ),
    "pause": Way(
        frozenset({"nonblocking"}),
        "bridge.in_thread: the polling loop runs there, and awaits its pauses",
        awaited=("sleep",),
        loop=True,
    ),
    "state": Way(
        frozenset({"udp"}), "bridge.in_thread: an answer is worked out in the loop, whose thread alone has the state", loop=True
    ),
    "tools": Way(
        frozenset({"asyncore", "blocking", "socketserver"}),
        "coroutines already: what has a bridge goes over it: select, socketserver, asyncore",
    ),
}

SELECT = (("select.select(", "bridged_select("),)
SELECTOR = (("selectors.DefaultSelector(", "Selector("),)
ASYNCORE = (("import asyncore\n", "from iomodels.bridge import asyncore\n"),)
UNBOUNDED = 'limit=float("inf")'
SERVED = (("server.serve_forever()", "run_awaited(lambda: serve(server=server))"),)

BRIDGES = {
    "async_everything_wrong": Bridge(
        "tools",
        (
            *ASYNCORE,
            ("asyncore.loop(timeout=1)", "await asyncore.loop(timeout=1)"),
            ("select.select(", "await bridged_select("),
            (
                'with socketserver.TCPServer(("127.0.0.1", int(port)), Handler) as server:\n        server.serve_forever()',
                'await serve(Handler, ("127.0.0.1", int(port)), server=socketserver.TCPServer)',
            ),
            ("asyncio.run(tools[argv[1]](*argv[2:]))", "run_awaited(lambda: tools[argv[1]](*argv[2:]))"),
        ),
        ("bridged_select", "serve"),
    ),
    "asynchat_frames": Bridge("asyncore", ASYNCORE),
    "asynchat_lines": Bridge("asyncore", ASYNCORE),
    "asyncore_echo": Bridge("asyncore", ASYNCORE),
    "asyncore_with_send": Bridge("asyncore", ASYNCORE),
    "blocking_class": Bridge("conversation", (("self.handle(conn)", "loop.call(self.handle, conn)"),)),
    "blocking_echo": Bridge(
        "call", (("conn.recv(", "loop.call(recv, conn, "), ("conn.sendall(", "loop.call(sendall, conn, ")), ("recv", "sendall")
    ),
    "blocking_guarded": Bridge(
        "conversation", (("            talk(client, peer)", "            loop.call(talk, client, peer)"),)
    ),
    "blocking_makefile": Bridge(
        "worker", (("            session(rfile", "            loop.call(to_thread, session, rfile"),), ("to_thread",)
    ),
    "blocking_timeout": Bridge("conversation", (("        handle_client(client", "        loop.call(handle_client, client"),)),
    "client_class": Bridge(
        "call",
        (("self.sock.send(", "loop.call(send, self.sock, "), ("self.sock.recv(", "loop.call(recv, self.sock, ")),
        ("recv", "send"),
    ),
    "client_lines": Bridge(
        "call", (("s.sendall(", "loop.call(sendall, s, "), ("s.recv(", "loop.call(recv, s, ")), ("recv", "sendall")
    ),
    "epoll_edge": Bridge("readiness", (("select.epoll(", "epoll("),), ("epoll",)),
    "epoll_level": Bridge("readiness", (("select.epoll(", "epoll("),), ("epoll",)),
    "fork_prefork": Bridge(
        "child",
        (
            ("    def child_main(self):\n", "    def child_main(self):\n        loop = in_thread(LIBRARY).start()\n"),
            ("self.serve(conn)", "loop.call(self.serve, conn)"),
        ),
        ("in_thread",),
    ),
    "fork_sigchld": Bridge(
        "child",
        (
            ("# close child copy\n", "# close child copy\n            loop = in_thread(LIBRARY).start()\n"),
            ("                handle_request(client", "                loop.call(handle_request, client"),
        ),
        ("in_thread",),
    ),
    "nonblocking_polling": Bridge("pause", (("time.sleep(", "sleep("), ("    main()\n", "    loop.call(main)\n")), ("sleep",)),
    "poll_buffers": Bridge("readiness", ((", POLLOUT, poll\n", ", POLLOUT\n"),), ("poll",)),
    "poll_dict": Bridge("readiness", (("select.poll(", "poll("),), ("poll",)),
    "pool_accepting": Bridge("worker", (("self.copy(peer)", "loop.call(to_thread, self.copy, peer)"),), ("to_thread",)),
    "pool_executor": Bridge(
        "worker",
        (
            ("ThreadPoolExecutor(args.workers)", "in_thread(LIBRARY, threads=args.workers)"),
            ("pool.submit(serve_client", "pool.submit(to_thread, serve_client"),
        ),
        ("in_thread", "to_thread"),
    ),
    "pool_queue": Bridge("conversation", (("self.serve(conn)", "loop.call(self.serve, conn)"),)),
    "relay_threads": Bridge(
        "conversation",
        (
            ("Pump(inner, outer, self.finished).start()", "loop.submit(Pump(inner, outer, self.finished).run)"),
            ("Pump(outer, inner, self.finished).start()", "loop.submit(Pump(outer, inner, self.finished).run)"),
        ),
    ),
    "select_buffers": Bridge("readiness", SELECT, ("bridged_select",)),
    "select_chat": Bridge("readiness", SELECT, ("bridged_select",)),
    "select_idle_job": Bridge("readiness", SELECT, ("bridged_select",)),
    "select_methods": Bridge("readiness", SELECT, ("bridged_select",)),
    "select_one_socket": Bridge(
        "conversation",
        (*SELECT, ("attend(client)\n            except", "loop.call(attend, client)\n            except")),
        ("bridged_select",),
    ),
    "select_readlist": Bridge(
        "readiness", (("from select import select\n", "from iomodels.bridge.readiness import select\n"),)
    ),
    "select_relay": Bridge(
        "conversation",
        (
            *SELECT,
            ("target=self.shout, args=(conn,)", "target=loop.call, args=(self.shout, conn,)"),
            ("self.pump(near, far)", "loop.call(self.pump, near, far)"),
        ),
        ("bridged_select",),
    ),
    "select_textbook": Bridge("readiness", SELECT, ("bridged_select",)),
    "selectors_callbacks": Bridge("readiness", SELECTOR, ("Selector",)),
    "selectors_state": Bridge("readiness", SELECTOR, ("Selector",)),
    "selectors_tutorial": Bridge("readiness", SELECTOR, ("Selector",)),
    "signal_self_pipe": Bridge(
        "conversation", (("target=self.client, args=(conn", "target=loop.call, args=(self.client, conn"),)
    ),
    "smtpd_counter": Bridge("asyncore", ASYNCORE),
    "socketserver_forking": Bridge(
        "call",
        (
            ("        global seen\n", "        global seen\n        loop = in_thread(LIBRARY).start()\n"),
            ("sock.recv(", "loop.call(recv, sock, "),
            ("sock.sendall(", "loop.call(sendall, sock, "),
        ),
        ("in_thread", "recv", "sendall"),
    ),
    "socketserver_lines": Bridge(
        "serve",
        (
            (
                "with Server((args.host, args.port), Lines) as server:\n        server.serve_forever()",
                f"run_awaited(lambda: serve(Lines, (args.host, args.port), server=Server, {UNBOUNDED}))",
            ),
        ),
        ("serve",),
    ),
    "socketserver_mixin": Bridge(
        "serve",
        (("server.serve_forever(poll_interval=0.1)", f"run_awaited(lambda: serve(server=server, {UNBOUNDED}))"),),
        ("serve",),
    ),
    "socketserver_sequential": Bridge("serve", SERVED, ("serve",)),
    "socketserver_udp": Bridge("serve", SERVED, ("serve",)),
    "threads_daemon_split": Bridge(
        "conversation",
        (
            (
                "target=self.handle_client, name=name, args=(client",
                "target=loop.call, name=name, args=(self.handle_client, client",
            ),
        ),
    ),
    "threads_function": Bridge(
        "conversation", (("target=client_thread, args=(clientsock", "target=loop.call, args=(client_thread, clientsock"),)
    ),
    "threads_method": Bridge(
        "conversation",
        (("target=self.listen_to_client, args=(client", "target=loop.call, args=(self.listen_to_client, client"),),
    ),
    "threads_package": Bridge(
        "worker", (("self.converse()", "loop.call(to_thread, self.converse)"),), ("to_thread",), "threads=1000", "worker.py"
    ),
    "threads_shared_dict": Bridge(
        "conversation", (("target=client_loop, args=[sock", "target=loop.call, args=[client_loop, sock"),)
    ),
    "threads_star_import": Bridge("conversation", (("(handler, (clientsock", "(loop.call, (handler, clientsock"),)),
    "threads_subclass": Bridge("conversation", (("newthread.start()", "loop.submit(newthread.run)"),)),
    "udp_registry": Bridge("state", (("self.dispatch(text, source)", "loop.call(self.dispatch, text, source)"),)),
}

# What bridge.serve refuses: it says so at once.
FORKS = Bridge(
    "serve",
    (
        (
            "ForkServer(('127.0.0.1', int(sys.argv[1])), Handler).serve_forever()",
            "run_awaited(lambda: serve(Handler, ('127.0.0.1', int(sys.argv[1])), server=ForkServer))",
        ),
    ),
    ("serve",),
)
