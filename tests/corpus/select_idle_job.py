# corpus
#   what: select with a timeout and a job each turn; written for Python 2 and ported: EINTR retry, bare except, old names
#   service: upper
#   run: {file} {port}
#   unit: UpcaseD server select
#   finds: IOM105 IOM111 IOM205 IOM206 IOM208 IOM210
# /corpus
# -*- coding: utf-8 -*-
"""upcased: upper-cases for its clients, and keeps an eye on itself meanwhile."""
from __future__ import print_function

import errno
import select
import signal
import socket
import sys
import time

TICK = 0.5
REPORT_EVERY = 60


class UpcaseD(object):

    def __init__(self, port):
        self.port = port
        self.clients = {}           # socket -> [bytes so far, last seen]
        self.quit = False
        self.nextReport = time.time() + REPORT_EVERY
        self.total = 0

    def setup(self):
        self.ear = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.ear.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.ear.bind(('127.0.0.1', self.port))
        self.ear.listen(50)
        signal.signal(signal.SIGTERM, self.onSignal)

    def onSignal(self, signum, frame):
        self.quit = True

    def housekeeping(self):
        now = time.time()
        if now < self.nextReport:
            return
        self.nextReport = now + REPORT_EVERY
        quiet = [s for s, (n, seen) in self.clients.items() if now - seen > REPORT_EVERY]
        print('%d clients, %d of them quiet, %d bytes' % (len(self.clients), len(quiet), self.total), file=sys.stderr)

    def mainloop(self):
        while not self.quit:
            try:
                r, w, e = select.select([self.ear] + list(self.clients.keys()), [], [], TICK)
            except select.error as ex:
                if ex.args[0] == errno.EINTR:
                    continue
                raise
            for sock in r:
                if sock is self.ear:
                    (c, who) = self.ear.accept()
                    self.clients[c] = [0, time.time()]
                else:
                    self.serveOne(sock)
            self.housekeeping()
        self.ear.close()

    def serveOne(self, sock):
        try:
            buf = sock.recv(8192)
            if buf:
                sock.sendall(buf.upper())
        except:
            buf = b''
        if not buf:
            del self.clients[sock]
            sock.close()
            return
        self.total += len(buf)
        record = self.clients[sock]
        record[0] += len(buf)
        record[1] = time.time()


if __name__ == '__main__':
    d = UpcaseD(int(sys.argv[1]))
    d.setup()
    d.mainloop()
