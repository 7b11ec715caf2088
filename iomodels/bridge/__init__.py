"""Bridges: classic I/O code on the loop that runs, so that a program moves to asyncio, trio or anyio a piece at a time.

Built on anyio, whose functions work under `asyncio.run` and `trio.run` as well as under `anyio.run`: so does all of this.
"""
