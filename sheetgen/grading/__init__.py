"""From clean tables to facts, points, tiers and what moved, as the scheme declares them."""
