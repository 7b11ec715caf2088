"""The comparison: contract, costs and claims of one machine, in one report."""
