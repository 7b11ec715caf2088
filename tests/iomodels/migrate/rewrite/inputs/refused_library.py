"""Async code that runs on a library already, or on two: nothing of another one may come into it. Nothing here is changed."""

import asyncio
import socket
import time

import trio


async def pause():
    time.sleep(1)  # refused: IOM940


async def ask(host):  # refused: IOM940
    peer = socket.create_connection((host, 80))  # the function is refused
    peer.sendall(b"hello")
    peer.close()


def both():
    asyncio.run(pause())
    trio.run(ask, "localhost")
