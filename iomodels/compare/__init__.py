"""All that is known about the variants in one page: contract, costs, experiments."""
