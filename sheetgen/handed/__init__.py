"""Books that came back from staff, read as data: past patching, or many that are to be one again.

``sheets`` finds our columns by their headers, ``renamed`` our sheets under other names; ``tables``, ``take``
type what stands below them; ``words`` are staff's entries and what the book hands on; ``book`` is all of one.
``folder`` finds the books of a split, ``unite`` (``settled``, ``kept``) makes one of them, ``last`` takes
them for last week's book. ``edits`` tells what staff did, ``lost`` what a fresh book cannot carry.
"""
