"""One module a sheet; the name says which."""
