"""What the models cost, measured against what they could cost: `python -m benchmarks.targets`."""
