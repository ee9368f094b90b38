"""What `:86:` of an MT940 statement says about one movement: who was paid or paid, and what for."""

from __future__ import annotations

import re

from budget.statements.formats.texts import tidy

SUBFIELDS = re.compile(r"(?:[0-9]{3})?([^\w\s/:+.,])[0-9]{2}")
SLASHED = re.compile(
    r"/(TRTP|TRCD|IBAN|BIC|NAME|REMI|EREF|CSID|MARF|CNTP|ORDP|BENM|ISDT|PREF|PURP|ULTC|ULTD|ULTB|RTRN|ADDR|SVCL|OCMT|EXCH|CHGS"
    r"|ID|SUBT|KREF|RREF|ACCW|BUSP|PY|NRTX|INIT)/"
)
SEPA = re.compile(r"(?:^|(?<=\s)|(?<=[^A-Z]))(EREF|KREF|MREF|CRED|DEBT|COAM|OAMT|SVWZ|ABWA|ABWE|IBAN|BIC|PURP)\+")
PURPOSE = [f"{number:02}" for number in (*range(20, 30), *range(60, 64))]
FULL_LINE = 65


def read_purpose(lines: list[str]) -> tuple[str, str]:
    """The payee and the text of a movement; either may be empty.

    Args:
        lines: of `:86:`, without the tag and without line ends, blanks at their ends kept.
    """
    joined = "".join(lines)
    if found := SUBFIELDS.match(joined):
        return _subfields(joined, found[1])
    if SLASHED.match(joined):
        return _slashed(joined)
    text = ""
    for line in lines:
        text += line if len(line) >= FULL_LINE else f"{line} "
    return "", tidy(text)


def _subfields(joined: str, separator: str) -> tuple[str, str]:
    """Sub-fields by number: 00 the kind of posting, 20 to 29 and 60 to 63 the purpose, 32 and 33 the name.

    The purpose is cut every 27 characters, also within words, so that its parts are joined as they are.
    """
    fields: dict[str, str] = {}
    for piece in re.split(re.escape(separator) + r"(?=[0-9]{2})", joined)[1:]:
        fields[piece[:2]] = fields.get(piece[:2], "") + piece[2:]
    purpose = "".join(fields.get(number, "") for number in PURPOSE)
    payee = tidy(fields.get("32", "") + fields.get("33", ""))
    return payee, _joined(tidy(fields.get("00", "")), _sepa(purpose))


def _sepa(purpose: str) -> str:
    """The purpose proper (SVWZ+) where it is marked, else all of it."""
    parts = SEPA.split(purpose)
    marked = {name: text for name, text in zip(parts[1::2], parts[2::2], strict=True) if name == "SVWZ"}
    return tidy(marked.get("SVWZ", "")) or tidy(purpose)


def _slashed(joined: str) -> tuple[str, str]:
    """Parts as `/NAME/J. Jansen/REMI/Rent/`; ING puts account, BIC, name and city behind `/CNTP/`."""
    parts = SLASHED.split(joined)
    fields: dict[str, str] = {}
    for name, text in zip(parts[1::2], parts[2::2], strict=True):
        fields.setdefault(name, text)
    counterparty = fields.get("CNTP", "").split("/")
    payee = fields.get("NAME") or (counterparty[2] if len(counterparty) > 2 else "")
    remittance = fields.get("REMI", "").strip("/")
    for kind in ("USTD//", "STRD/CUR/", "STRD//"):
        remittance = remittance.removeprefix(kind)
    kind = fields.get("TRTP", "")
    return tidy(payee.strip("/")), _joined(tidy(kind), tidy(remittance)) or tidy(joined)


def _joined(kind: str, purpose: str) -> str:
    return f"{kind}: {purpose}" if kind and purpose else kind or purpose
