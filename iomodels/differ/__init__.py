"""Two servers asked the same, and compared: what they say, how they end it, who waits for whom, and what they leave behind."""
