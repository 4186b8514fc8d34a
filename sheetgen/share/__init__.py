"""What leaves the house: encrypted books, books split by a column."""
