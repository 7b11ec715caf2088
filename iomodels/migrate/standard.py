"""The modules of the standard library, also those that old code still imports and this Python no longer has."""

import sys

__all__ = ["STANDARD_LIBRARY"]

# Removed in 3.12 and 3.13 (What's New; PEP 594): what is found, and how it is rewritten, must not depend on who runs the tool.
REMOVED = {"asynchat", "asyncore", "cgi", "cgitb", "crypt", "distutils", "imp", "nntplib", "pipes", "smtpd", "telnetlib"}

STANDARD_LIBRARY = frozenset(sys.stdlib_module_names | REMOVED)
