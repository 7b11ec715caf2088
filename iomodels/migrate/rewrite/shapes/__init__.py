"""The shapes that can be rewritten, a file each."""
