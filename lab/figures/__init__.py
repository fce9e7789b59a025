"""From exchanges to cells, totals, costs, latency and intervals: pure functions of records."""
