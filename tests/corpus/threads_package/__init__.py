"""A line server in two modules."""

__version__ = "0.4.1"
