"""The scheme: a YAML file that declares metrics, columns and tiers, and its expression language."""
