# corpus
#   what: coroutines in which everything blocks: each call is made the way it was made before there was async
#   service: own
#   run: {file} dns localhost
#   python: -3.11
#   unit: - server and client blocking
#   unit: shouter.Handler server socketserver
#   unit: sink.Listener server asyncore
#   finds: IOM301 IOM302 IOM303 IOM304 IOM305 IOM306 IOM307 IOM308 IOM309 IOM310 IOM311 IOM312 IOM211
# /corpus
"""A bag of tools, made async by writing `async` before each def: async_everything_wrong.py TOOL ARGUMENT..."""

import asyncio
import asyncore
import queue
import select
import socket
import socketserver
import subprocess
import sys
import threading
import time

results = queue.Queue()
lock = threading.Lock()


def fetch(host, port, request):
    """The helper that everybody forgot: it waits three times."""
    with socket.create_connection((host, int(port)), 5) as s:
        s.sendall(request)
        return s.recv(4096)


async def banner(host, port):
    s = socket.socket()
    s.connect((host, int(port)))
    first = s.recv(200)
    s.close()
    return first


async def head(host, port="80"):
    return fetch(host, port, b"HEAD / HTTP/1.0\r\n\r\n")


async def knock(host, *ports):
    found = []
    for port in ports:
        try:
            c = socket.create_connection((host, int(port)), timeout=1)
        except OSError:
            continue
        c.sendall(b"\n")
        found.append(port)
        c.close()
        time.sleep(0.1)
    return found


async def dns(name):
    return sorted({info[4][0] for info in socket.getaddrinfo(name, None)})


async def once(port):
    listener = socket.create_server(("127.0.0.1", int(port)))
    ready, _, _ = select.select([listener], [], [], 10)
    if not ready:
        return None
    connection, peer = listener.accept()
    with connection:
        data = connection.recv(1024)
        connection.sendall(data.upper())
    return peer


async def shouter(port):
    class Handler(socketserver.StreamRequestHandler):
        def handle(self):
            for line in self.rfile:
                self.wfile.write(line.upper())

    with socketserver.TCPServer(("127.0.0.1", int(port)), Handler) as server:
        server.serve_forever()


async def sink(port):
    class Listener(asyncore.dispatcher):
        def handle_accepted(self, sock, addr):
            sock.close()

    listener = Listener()
    listener.create_socket()
    listener.bind(("127.0.0.1", int(port)))
    listener.listen(5)
    asyncore.loop(timeout=1)


async def uptime():
    child = subprocess.Popen(["uptime"], stdout=subprocess.PIPE)
    child.wait()
    assert child.stdout is not None
    return child.stdout.read().decode() + subprocess.check_output(["date"], text=True)


async def total(*numbers):
    worker = threading.Thread(target=lambda: results.put(sum(map(int, numbers))))
    worker.start()
    worker.join()
    lock.acquire()
    try:
        return results.get()
    finally:
        lock.release()


def main(argv):
    tools = {f.__name__: f for f in (banner, head, knock, dns, once, shouter, sink, uptime, total)}
    if len(argv) < 2 or argv[1] not in tools:
        sys.exit("tools: " + ", ".join(tools))
    print(asyncio.run(tools[argv[1]](*argv[2:])))


if __name__ == "__main__":
    main(sys.argv)
