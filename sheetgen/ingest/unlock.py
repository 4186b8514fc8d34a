"""Files under a password, decrypted in memory by msoffcrypto-tool, in the reader process."""

from __future__ import annotations

import io

from sheetgen.ingest.wire import Refused


def is_locked(data: bytearray) -> bool:
    """Whether an OLE file (xls, or an encrypted xlsx) opens with a password only."""
    import msoffcrypto

    try:
        return bool(msoffcrypto.OfficeFile(io.BytesIO(data)).is_encrypted())
    except Exception:  # what it cannot read at all is for the reader to judge
        return False


def decrypted(data: bytearray, password: str) -> bytes:
    """The plain workbook. Raises Refused (wrong_password, damaged)."""
    import msoffcrypto
    from msoffcrypto.exceptions import DecryptionError, InvalidKeyError

    plain = io.BytesIO()
    try:
        file = msoffcrypto.OfficeFile(io.BytesIO(data))
        file.load_key(password=password)
        file.decrypt(plain)
    except InvalidKeyError:
        raise Refused("wrong_password") from None
    except DecryptionError as error:
        raise Refused("damaged", str(error)) from None
    found = plain.getvalue()
    if not found:
        raise Refused("wrong_password")
    return found
