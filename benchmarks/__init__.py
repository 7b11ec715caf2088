"""What the models cost, measured against what they could cost: `python -m benchmarks.cpu_per_request`."""
