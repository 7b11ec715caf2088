"""Load on a server, from one process or many: every reply is checked, and only those are counted."""
