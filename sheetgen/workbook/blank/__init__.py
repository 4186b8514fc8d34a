"""The blank book: what makes a book without rows one that people fill by themselves."""
