"""The serving side: one of these for each client."""
import threading

from .limits import LINE_MAX


class Worker(threading.Thread):
    def __init__(self, conn, name):
        super().__init__(name=name, daemon=True)
        self.conn = conn
        self.file = conn.makefile("rwb")

    def run(self):
        try:
            self.converse()
        except OSError:
            pass        # the client has gone; nobody is left to tell
        finally:
            self.cleanup()

    def converse(self):
        for line in iter(lambda: self.file.readline(LINE_MAX + 1), b""):
            if len(line) > LINE_MAX and line[-1:] != b"\n":
                self.say(b"ERROR line too long\n")
                break
            if line[-1:] != b"\n":
                line += b"\n"
            if line.strip(b"\r\n").upper() == b"QUIT":
                self.say(b"BYE" + line[4:])
                break
            self.say(line.upper())

    def say(self, text):
        self.file.write(text)
        self.file.flush()

    def cleanup(self):
        try:
            self.file.close()
        except OSError:
            pass
        self.conn.close()
