"""Leaving the classic models: find them in old code, say what each becomes, and rewrite what can be proven.

The promise: never wrong, and always says why not. `scan` reads and reports; `rewrite` changes only what it has understood to
its end, and gives a refusal for all else.
"""
