"""Blocking calls in coroutines that must stay: an await there would do harm, or a thread would. Nothing here is changed."""

import queue
import subprocess
import threading
import time

import elsewhere

lock = threading.Lock()
again = threading.RLock()
shared = threading.Lock()
changed = threading.Condition()
seen = []


class Store:
    def __init__(self):
        self.items = []

    def refresh(self):
        time.sleep(1)
        self.items.append(time.time())

    async def renew(self):
        self.refresh()  # refused: IOM941


def note(text):
    time.sleep(1)
    seen.append(text)


def fill(items):
    time.sleep(1)
    items.append(1)


def fetch(name):
    time.sleep(1)
    return elsewhere.get(name)


async def helpers(items):
    note("it")  # refused: IOM941
    fill(items)  # refused: IOM941
    return fetch("it")  # refused: IOM941


async def under_a_lock():
    with lock:
        time.sleep(1)  # refused: IOM913


async def of_a_thread():
    again.acquire()  # refused: IOM942
    again.release()
    with changed:
        changed.wait()  # refused: IOM913


def count():
    with shared:
        return len(seen)


async def held_while_others_wait():
    shared.acquire()  # refused: IOM942
    shared.release()


async def swallows(command):
    while True:
        try:
            subprocess.run(command)
        except:  # refused: IOM907
            continue


async def interrupted():
    try:
        time.sleep(1)  # the clause is refused
    except KeyboardInterrupt:  # refused: IOM914
        pass


async def lazily(numbers):
    return sum(time.sleep(number) or number for number in numbers)  # refused: IOM906


async def at_once(jobs: queue.Queue):
    lock.acquire(False)
    unknown = elsewhere.queue()
    return unknown.get(), jobs.get(block=False)


class Loop:
    async def shutdown_default_executor(self):
        thread = threading.Thread(target=print)
        thread.start()
        thread.join()  # its own affair
