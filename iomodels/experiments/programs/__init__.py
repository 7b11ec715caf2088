"""Small servers for experiments alone: each shows the one thing that its experiment is about, and keeps no contract."""
