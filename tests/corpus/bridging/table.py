"""Which bridge each program of the corpus goes under, by its model, and what changes: the table of `tests.corpus.bridges`.

An edit is (what stood there, what stands there now); LIBRARY is the library's name.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["BRIDGE", "BRIDGES", "FORKS", "WAYS", "Bridge", "Way"]


@dataclass(frozen=True)
class Way:
    """One way under a bridge.

    models: of the programs that go it, as a header has them. what: what it does, for a reader. awaited: calls that get `await`,
    and whose functions get `async`. methods: calls of a socket among them. begins: its last statement, the start, is awaited.
    start: what the program begins with: "run", a library's run as `run_awaited`; "thread", a loop in a thread; "forks", the
    library's name, and a loop in a thread that ends at once, so that no child need import what it imports; "bare", the name,
    and not even the bridge. excused: cases that it need not pass, and why.
    """

    models: frozenset[str]
    what: str
    awaited: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    begins: bool = False
    start: str = "thread"
    excused: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Bridge:
    """How one program goes.

    names: functions besides the bridge's that it calls. start: see Way, if it is another. file: the one that changes, in a
    program of several.
    """

    way: str
    edits: tuple[tuple[str, str], ...] = ()
    names: tuple[str, ...] = ()
    start: str = ""
    file: str = ""


SOCKET = "recv", "send", "sendall"
READY = "select", "poll"
WAYS = {
    "readiness": Way(
        frozenset({"select", "poll", "epoll", "selectors"}),
        "bridge.select, poll, epoll, Selector for the standard ones; the loop awaits them",
        awaited=READY,
        begins=True,
        start="run",
    ),
    "asyncore": Way(
        frozenset({"asyncore"}),
        "asyncore from the bridge, and its loop given to a library's run, where Ctrl-C ends it as before; the dispatchers are "
        "as they were",
        start="run",
    ),
    "serve": Way(
        frozenset({"socketserver"}),
        "bridge.serve for serve_forever; the server's class and the handlers are as they were",
        start="run",
        excused={"leaks/over-the-whole-run": "idle worker threads are kept for the next request, never more than the limit"},
    ),
    "conversation": Way(
        frozenset({"blocking", "threads", "thread_pool"}),
        "bridge.in_thread: who was called for a connection, or started, is called in the loop, and awaits its socket",
        awaited=(*SOCKET, "select"),
        methods=SOCKET,
    ),
    "child": Way(
        frozenset({"fork", "prefork"}),
        "as `conversation`, with a loop in a thread in each child, made after the fork",
        awaited=SOCKET,
        methods=SOCKET,
        start="forks",
    ),
    "worker": Way(
        frozenset({"blocking", "thread_pool"}),
        "bridge.in_thread: the handler is called in a worker thread of the loop's, as it was: thread, loop, thread",
    ),
    "call": Way(
        frozenset({"blocking", "socketserver", "threads", "thread_pool"}),
        "bridge.in_thread: each call of a socket, or each that sends, is called in the loop",
    ),
    "pause": Way(
        frozenset({"nonblocking"}),
        "bridge.in_thread: the polling loop runs there, and awaits its pauses",
        awaited=("sleep",),
    ),
    "state": Way(frozenset({"udp"}), "bridge.in_thread: an answer is worked out in the loop, whose thread alone has the state"),
    "tools": Way(
        frozenset({"asyncore", "blocking", "socketserver"}),
        "coroutines already: what has a bridge goes over it: select, socketserver, asyncore",
        start="run",
    ),
}

BRIDGE = "from iomodels import bridge"
SELECT = (("select.select(", "bridge.select("),)
SELECTOR = (("selectors.DefaultSelector(", "bridge.Selector("),)
ASYNCORE = (("import asyncore\n", "from iomodels.bridge import asyncore\n"),)
LOOPED = (*ASYNCORE, ("asyncore.loop()", "run_awaited(asyncore.loop)"))
INTERRUPTED = 'print("interrupted, leaving", file=sys.stderr)\n'
UNBOUNDED = 'limit=float("inf")'
SERVED = (("server.serve_forever()", "run_awaited(lambda: bridge.serve(server=server))"),)

BRIDGES = {
    "async_everything_wrong": Bridge(
        "tools",
        (
            *ASYNCORE,
            ("asyncore.loop(timeout=1)", "await asyncore.loop(timeout=1)"),
            ("select.select(", "await bridge.select("),
            (
                'with socketserver.TCPServer(("127.0.0.1", int(port)), Handler) as server:\n        server.serve_forever()',
                'await bridge.serve(Handler, ("127.0.0.1", int(port)), server=socketserver.TCPServer)',
            ),
            ("asyncio.run(tools[argv[1]](*argv[2:]))", "run_awaited(lambda: tools[argv[1]](*argv[2:]))"),
        ),
    ),
    "asynchat_frames": Bridge("asyncore", LOOPED),
    "asynchat_lines": Bridge("asyncore", LOOPED),
    "asyncore_echo": Bridge("asyncore", LOOPED),
    "asyncore_with_send": Bridge(
        "asyncore",
        (
            *ASYNCORE,
            (
                "asyncore.loop(timeout=5.0, use_poll=True, map=channels)",
                "run_awaited(lambda: asyncore.loop(timeout=5.0, use_poll=True, map=channels))",
            ),
        ),
    ),
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
    "epoll_edge": Bridge("readiness", (("select.epoll(", "bridge.epoll("),)),
    "epoll_level": Bridge("readiness", (("select.epoll(", "bridge.epoll("),)),
    # What a signal handler raises is lost while a callback of os.register_at_fork runs, such as logging's, which every loop's
    # module brings along: this master leaves by SystemExit, so it imports nothing.
    "fork_prefork": Bridge(
        "child",
        (
            (
                "    def child_main(self):\n",
                f"    def child_main(self):\n        {BRIDGE}\n        loop = bridge.in_thread(LIBRARY).start()\n",
            ),
            ("    def serve(self, conn):\n", "    def serve(self, conn):\n        from awaiting import recv, sendall\n"),
            ("self.serve(conn)", "loop.call(self.serve, conn)"),
        ),
        start="bare",
    ),
    "fork_sigchld": Bridge(
        "child",
        (
            ("# close child copy\n", "# close child copy\n            loop = bridge.in_thread(LIBRARY).start()\n"),
            ("                handle_request(client", "                loop.call(handle_request, client"),
        ),
    ),
    "nonblocking_polling": Bridge("pause", (("time.sleep(", "sleep("), ("    main()\n", "    loop.call(main)\n")), ("sleep",)),
    "poll_buffers": Bridge(
        "readiness", ((", POLLOUT, poll\n", ", POLLOUT\n"), ("self.poll = poll()", "self.poll = bridge.poll()"))
    ),
    "poll_dict": Bridge("readiness", (("select.poll(", "bridge.poll("),)),
    "pool_accepting": Bridge(
        "call", (("peer.recv(", "loop.call(recv, peer, "), ("peer.sendall(", "loop.call(sendall, peer, ")), ("recv", "sendall")
    ),
    "pool_executor": Bridge(
        "worker", (("pool.submit(serve_client", "pool.submit(loop.call, to_thread, serve_client"),), ("to_thread",)
    ),
    "pool_queue": Bridge("conversation", (("self.serve(conn)", "loop.call(self.serve, conn)"),)),
    "relay_threads": Bridge(
        "conversation",
        (
            ("Pump(inner, outer, self.finished).start()", "loop.submit(Pump(inner, outer, self.finished).run)"),
            ("Pump(outer, inner, self.finished).start()", "loop.submit(Pump(outer, inner, self.finished).run)"),
        ),
    ),
    "select_buffers": Bridge("readiness", SELECT),
    "select_chat": Bridge("readiness", SELECT),
    "select_idle_job": Bridge("readiness", SELECT),
    "select_methods": Bridge("readiness", SELECT),
    "select_one_socket": Bridge(
        "conversation",
        (*SELECT, ("attend(client)\n            except", "loop.call(attend, client)\n            except")),
    ),
    "select_readlist": Bridge("readiness", (("from select import select\n", "from iomodels.bridge import select\n"),)),
    "select_relay": Bridge(
        "conversation",
        (
            *SELECT,
            ("target=self.shout, args=(conn,)", "target=loop.call, args=(self.shout, conn,)"),
            ("self.pump(near, far)", "loop.call(self.pump, near, far)"),
        ),
    ),
    "select_textbook": Bridge("readiness", SELECT),
    "selectors_callbacks": Bridge("readiness", SELECTOR),
    "selectors_state": Bridge("readiness", SELECTOR),
    # asyncio.run cancels the task that waits, and raises KeyboardInterrupt itself: it is caught about the run.
    "selectors_tutorial": Bridge(
        "readiness",
        (
            *SELECTOR,
            (f"    except KeyboardInterrupt:\n        {INTERRUPTED}", ""),
            ("\nevent_loop()\n", f"\ntry:\n    run_awaited(event_loop)\nexcept KeyboardInterrupt:\n    {INTERRUPTED}"),
        ),
    ),
    "signal_self_pipe": Bridge(
        "conversation",
        (("threading.Thread(target=self.client, args=(conn,), daemon=True).start()", "loop.submit(self.client, conn)"),),
    ),
    "smtpd_counter": Bridge(
        "asyncore", (*ASYNCORE, ("asyncore.loop(timeout=1)", "run_awaited(lambda: asyncore.loop(timeout=1))"))
    ),
    "socketserver_forking": Bridge(
        "call",
        (
            ("        global seen\n", "        global seen\n        loop = bridge.in_thread(LIBRARY).start()\n"),
            ("sock.recv(", "loop.call(recv, sock, "),
            ("sock.sendall(", "loop.call(sendall, sock, "),
        ),
        ("recv", "sendall"),
        start="forks",
    ),
    "socketserver_lines": Bridge(
        "serve",
        (
            (
                "with Server((args.host, args.port), Lines) as server:\n        server.serve_forever()",
                f"run_awaited(lambda: bridge.serve(Lines, (args.host, args.port), server=Server, {UNBOUNDED}))",
            ),
        ),
    ),
    "socketserver_mixin": Bridge(
        "serve",
        (("server.serve_forever(poll_interval=0.1)", f"run_awaited(lambda: bridge.serve(server=server, {UNBOUNDED}))"),),
    ),
    "socketserver_sequential": Bridge("serve", SERVED),
    "socketserver_udp": Bridge("serve", SERVED),
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
        "call",
        (("self.file.write(text)\n        self.file.flush()", "loop.call(sendall, self.conn, text)"),),
        ("sendall",),
        file="worker.py",
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
            "run_awaited(lambda: bridge.serve(Handler, ('127.0.0.1', int(sys.argv[1])), server=ForkServer))",
        ),
    ),
)
