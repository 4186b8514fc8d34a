"""How fast sheetgen is against what people would use otherwise. ``python -m benchmarks --help``."""
