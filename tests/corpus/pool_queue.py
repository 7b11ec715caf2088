# corpus
#   what: pool by hand, accepted connections go through a queue to N worker threads
#   service: upper
#   run: {file} {port}
#   capacity: 8
#   unit: PooledServer server thread_pool
#   finds: IOM121 IOM104 IOM105
# /corpus
import queue
import socket
import sys
import threading
import traceback

POOL_SIZE = 8


class PooledServer:
    """Main thread accepts, POOL_SIZE threads serve."""

    def __init__(self, port):
        self.jobs = queue.Queue()
        self.port = port
        self.pool = []

    def run(self):
        for i in range(POOL_SIZE):
            th = threading.Thread(target=self.worker, args=(i,))
            th.setDaemon(True)
            th.start()
            self.pool.append(th)
        lsock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        lsock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        lsock.bind(('127.0.0.1', self.port))
        lsock.listen(200)
        while True:
            job = lsock.accept()
            self.jobs.put(job)

    def worker(self, number):
        while True:
            conn, addr = self.jobs.get()
            try:
                self.serve(conn)
            except ConnectionError as exc:
                print('worker %d: %s: %s' % (number, addr[0], exc), file=sys.stderr)
            except Exception:
                traceback.print_exc()
            finally:
                conn.close()
                self.jobs.task_done()

    def serve(self, conn):
        data = conn.recv(4096)
        while data:
            conn.sendall(data.upper())
            data = conn.recv(4096)


if __name__ == '__main__':
    PooledServer(int(sys.argv[1])).run()
