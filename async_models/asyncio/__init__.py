"""The models on asyncio, a file each under the same name as in `models/`."""
