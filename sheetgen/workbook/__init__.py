"""The workbook: what stands on it, its live formulas, and the writing and reading of the file."""
