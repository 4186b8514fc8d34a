"""The patcher: cells and rows of a book change, every other byte of it stays.

``package.open_package`` opens a book, ``edits`` says what is to change, ``apply.apply`` makes the new book,
``semantic.differences`` proves that nothing else changed, ``added.typed_below`` counts rows to adopt.
"""
