"""Traces: what a variant asks of the kernel while two clients talk to it, as strace(1) sees it.

`record` starts the variant under strace and sends two clients to it; `strace` reads what strace wrote; `calls` is the table
that says what each call does; `timeline` puts both together; `document`, `text` and `figure` show it.
"""
