# corpus
#   what: ForkingMixIn: a process for each client, in a class of its own; the handler keeps a private count in a global
#   service: upper
#   run: {file} {port}
#   unit: Handler server socketserver
#   unit: ForkServer server socketserver
#   finds: IOM104 IOM105 IOM113
# /corpus
import os
import socketserver as ss
import sys

seen = 0        # of this client alone: each has a process


class ForkServer(ss.ForkingMixIn, ss.TCPServer):
    allow_reuse_address = True
    max_children = 400
    request_queue_size = 128
    block_on_close = False


class Handler(ss.BaseRequestHandler):
    def handle(self):
        global seen
        sock = self.request
        while 1:
            try:
                data = sock.recv(65536)
            except ConnectionResetError:
                return
            if not data:
                break
            seen += len(data)
            try:
                sock.sendall(data.upper())
            except BrokenPipeError:
                return
        if os.environ.get('SHOUT_DEBUG'):
            sys.stderr.write('child %d: %d bytes\n' % (os.getpid(), seen))


if __name__ == '__main__':
    ForkServer(('127.0.0.1', int(sys.argv[1])), Handler).serve_forever()
