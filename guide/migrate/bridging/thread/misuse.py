"""Wait for one loop in the thread of another, which would stand still meanwhile: refused."""

import asyncio

from iomodels import bridge

loop = bridge.in_thread("trio", name="ours")


async def main() -> None:
    print(loop.call(len, "abc"))


with loop:
    asyncio.run(main())
