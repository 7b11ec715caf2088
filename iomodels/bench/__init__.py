"""What servers cost under the same load, measured in turns, kept in files and compared."""
