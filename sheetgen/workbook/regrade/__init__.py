"""Re-grading a book that staff edited: what stands in it is read, worked out anew, and put back in place.

``grids`` are its cells, ``blocks`` where our columns are, ``taken`` what staff left in them, ``machine`` what
the hidden rows of a disturbed book come to, ``results`` and ``single`` what every formula shows, ``foreign``
formulas of staff's own, ``ledger`` what 级别变动 gets, ``listed`` what was edited.
"""
