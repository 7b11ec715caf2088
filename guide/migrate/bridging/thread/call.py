"""Ask a loop in a thread, and wait for the answer, or not yet."""

import asyncio

from iomodels import bridge


async def answer(question: str) -> str:
    await asyncio.sleep(0)
    return question.upper()


with bridge.in_thread() as loop:
    later = loop.submit(answer, "later")
    print(loop.call(answer, "now"))
    print(later.result())
