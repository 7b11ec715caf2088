"""The experiments, a file each; see ../experiment.py for what such a file has."""
