"""Conversations written down, played again, and compared: that an old server and a new one behave alike."""
