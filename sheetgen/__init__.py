"""sheetgen: customer tier management tables in Excel."""
