"""A client that goes on to the next server when one is lost, or was not there; it talks by a file of text."""

import socket
import sys
import time


def ask_all(ports):
    for port in ports:
        peer = socket.socket()
        file = None
        try:
            peer.connect(("127.0.0.1", port))
            file = peer.makefile("rw")
            print("four", file=file, flush=True)
            print(file.readline().strip())
        except OSError as error:
            print("next:", error)
            time.sleep(0.01)
        finally:
            if file is not None:
                file.close()
            peer.close()


if __name__ == "__main__":
    ask_all([int(sys.argv[2]), int(sys.argv[1])])
