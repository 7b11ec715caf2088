"""What textbooks say of I/O models, each statement tried on this machine."""
