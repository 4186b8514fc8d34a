"""Several edited copies of one book made one again.

``read`` takes a copy in: ``leaf`` and ``leaves`` are its cells by key, ``detail`` its rows. ``decide`` says
whose value counts; ``people``, ``cells``, ``rows`` and ``typed`` list what changes in the first book;
``left`` what cannot be carried, ``sheet`` the conflicts. ``merge`` does it all.
"""
