"""Every model on asyncio, trio and anyio: lay `models/select.py` beside `async_models/trio/select.py`."""
