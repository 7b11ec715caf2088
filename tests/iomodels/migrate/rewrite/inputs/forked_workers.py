import os
import signal
import socket
import sys

WORKERS = 2


def work(listener):
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    while True:
        connection, _ = listener.accept()
        try:
            while True:
                data = connection.recv(4096)
                if not data:
                    break
                connection.sendall(data.upper())
        except OSError as error:
            print(error, file=sys.stderr)
        finally:
            connection.close()


def main():
    listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
    workers = set()

    def stop(number, frame):
        for worker in workers:
            os.kill(worker, signal.SIGTERM)
        sys.exit(0)

    signal.signal(signal.SIGTERM, stop)  # refused by trio: IOM914
    while True:
        while len(workers) < WORKERS:
            worker = os.fork()
            if worker == 0:
                work(listener)
            workers.add(worker)
        worker, _ = os.wait()
        workers.discard(worker)


main()
