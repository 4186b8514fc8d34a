"""What was found out of the parts of a package by reading them, so that nobody has to find it out again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sheetgen.inflate import inflated

if TYPE_CHECKING:
    from sheetgen.workbook.patch.package import Package


@dataclass(frozen=True)
class Known:
    """``sums``: the sha256 of parts that were inflated to their end and are what the package says of them;
    ``plain``: sheets in which tags were found where they look to be; ``named``: those of them in which every
    cell says where it stands, and none stands twice. All by part name.
    """

    sums: dict[str, str] = field(default_factory=dict)
    plain: set[str] = field(default_factory=set)
    named: set[str] = field(default_factory=set)


def content(package: Package, part: str, ours: bool = False) -> Iterator[bytes]:
    """The content of a part, in blocks. ``ours``: it was written here.

    Raises InputError (SG105, SG106).
    """
    member, sums = package.members[part.lower()], package.known.sums
    known = part.lower() in sums
    blocks = inflated(package.name, member.info, package.data, known or ours, proved=known)
    return blocks if known else _summed(blocks, part.lower(), sums)


def _summed(blocks: Iterator[bytes], part: str, sums: dict[str, str]) -> Iterator[bytes]:
    found = hashlib.sha256()
    for block in blocks:
        found.update(block)
        yield block
    sums[part] = found.hexdigest()


def whole(package: Package) -> dict[str, str]:
    """The sha256 of every part by its name in the archive; what was not yet read is read to its end.

    Raises InputError (SG105, SG106).
    """
    for part in package.members.keys() - package.known.sums.keys():
        for _ in content(package, part):
            pass
    return {member.info.filename: package.known.sums[part] for part, member in package.members.items()}


def inherited(before: Package, after: Package) -> Package:
    """``after``, of whose parts that is known which is known of the same bytes in ``before``."""
    for part in before.known.sums.keys() & after.members.keys():
        was, now = before.members[part], after.members[part]
        if before.data[was.start : was.stop] == after.data[now.start : now.stop]:
            after.known.sums[part] = before.known.sums[part]
            after.known.plain.update({part} & before.known.plain)
            after.known.named.update({part} & before.known.named)
    return after
