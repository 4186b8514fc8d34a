"""Workbooks under a password: ECMA-376 agile encryption (AES-256, SHA-512) by msoffcrypto-tool, in memory.

Nothing plain touches the disk; a sealed workbook is opened again and compared before it is handed on.
"""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from sheetgen.errors import DiskError, InputError, PasswordError, UsageError


def read_password(path: Path) -> str:
    """The first line of a password file. Raises InputError, UsageError when it is empty."""
    try:
        password = path.read_text("utf-8-sig").split("\n", 1)[0].rstrip("\r")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("password_file", "SG115", path=path) from error
    if not password:
        raise UsageError("password_empty", "SG601", path=path)
    return password


def is_sealed(data: bytes) -> bool:
    """True for an encrypted OOXML package, whatever its password."""
    return (
        data.startswith(bytes.fromhex("D0CF11E0A1B11AE1")) and "EncryptedPackage".encode("utf-16-le") in data
    )


def sealer(password: str) -> Callable[[bytes], bytes] | None:
    """What seals a finished workbook; None without a password."""
    return (lambda data: seal(data, password)) if password else None


def unsealer(password: str) -> Callable[[bytes], bytes] | None:
    """What opens a workbook that ``sealer`` sealed; None without a password."""
    return (lambda data: unseal(data, password)) if password else None


def seal(data: bytes, password: str) -> bytes:
    """``data`` (an .xlsx) encrypted. Raises DiskError when what was sealed does not open again."""
    from msoffcrypto.format.ooxml import OOXMLFile

    sealed = BytesIO()
    OOXMLFile(BytesIO(data)).encrypt(password, sealed)
    found = sealed.getvalue()
    if unseal(found, password) != data:
        raise DiskError("output_damaged", "SG613", path="", part="EncryptedPackage")
    return found


def unseal(data: bytes, password: str, name: str = "") -> bytes:
    """The .xlsx in ``data``. Raises PasswordError (SG107) without the right password."""
    import msoffcrypto
    from msoffcrypto.exceptions import DecryptionError, FileFormatError, InvalidKeyError, ParseError

    plain = BytesIO()
    try:
        office = msoffcrypto.OfficeFile(BytesIO(data))
        if not password:
            raise PasswordError("file_encrypted", "SG107", path=name)
        office.load_key(password=password, verify_password=True)
        office.decrypt(plain, verify_integrity=True)
    except InvalidKeyError as error:
        raise PasswordError("password_wrong", "SG107", path=name) from error
    except (DecryptionError, FileFormatError, ParseError) as error:
        raise InputError("file_damaged", "SG105", path=name, reason=type(error).__name__) from error
    return plain.getvalue()
