"""What an entry of a CAMT statement says in words: who was paid or paid, what for, and the entry as it came."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr  # nosec B406

from budget.statements.formats.base import LONGEST_TEXT
from budget.statements.formats.texts import tidy
from budget.statements.formats.xml import Element

DEBTOR = ("Dbtr/Nm", "Dbtr/Pty/Nm", "UltmtDbtr/Nm", "UltmtDbtr/Pty/Nm")
CREDITOR = ("Cdtr/Nm", "Cdtr/Pty/Nm", "UltmtCdtr/Nm", "UltmtCdtr/Pty/Nm")
TEXTS = (
    "RmtInf/Ustrd",
    "RmtInf/Strd/CdtrRefInf/Ref",
    "RmtInf/Strd/CdtrRefInf/CdtrRef",
    "RmtInf/Strd/AddtlRmtInf",
    "AddtlTxInf",
)
MOST_DETAILS = 20


def payee_of(entry: Element, *, is_out: bool, owner: str) -> str:
    """The counterparty: the creditor of what went out, the debtor of what came in; empty where a batch has several.

    Args:
        owner: the account's name; whoever is called so is not the counterparty where there is another.
    """
    preferred, other = (CREDITOR, DEBTOR) if is_out else (DEBTOR, CREDITOR)
    names: list[str] = []
    for details in _details(entry):
        parties = details.find("RltdPties")
        if parties is None:
            continue
        candidates = [name for paths in (preferred, other) if (name := tidy(parties.at(*paths)))]
        strangers = [name for name in candidates if name.casefold() != owner.casefold()]
        if name := next(iter(strangers or candidates), ""):
            names.append(name)
    distinct = set(names)
    return names[0] if len(distinct) == 1 else ""


def text_of(entry: Element) -> tuple[str, bool]:
    """All that the entry says in words, each part once, and whether something had to be left out."""
    details = _details(entry)
    found = [tidy(element.text) for one in details[:MOST_DETAILS] for path in TEXTS for element in one.all(path)]
    if not found:
        found = [tidy(entry.at("NtryDtls/Btch/PmtInfId", "NtryDtls/Btch/MsgId"))] if _batch(entry) else []
    found.append(tidy(entry.at("AddtlNtryInf")))
    if batch := _batch(entry):
        found.insert(0, batch)
    text = " · ".join(dict.fromkeys(part for part in found if part)) or _kind(entry)
    is_shortened = len(details) > MOST_DETAILS or len(text) > LONGEST_TEXT or entry.left_out > 0
    return (text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 1]}…"), is_shortened


def source_of(entry: Element) -> str:
    """The entry as XML, without indentation and prefixes."""
    pieces: list[str] = []
    _write(entry, pieces)
    return "".join(pieces)


def _write(element: Element, pieces: list[str]) -> None:
    name, text = element.name, element.text
    if element.attributes:
        attributes = "".join(f" {key}={quoteattr(value)}" for key, value in element.attributes.items())
        pieces.append(f"<{name}{attributes}>")
    else:
        pieces.append(f"<{name}>")
    if text:
        pieces.append(escape(text.strip()))
    for child in element.children:
        _write(child, pieces)
    pieces.append(f"</{name}>")


def _details(entry: Element) -> list[Element]:
    return entry.all("NtryDtls/TxDtls") or entry.all("TxDtls")  # camt.053.001.01 has them on the entry


def _batch(entry: Element) -> str:
    """That it is one entry for many payments, where it is."""
    printed = entry.at("NtryDtls/Btch/NbOfTxs", "Btch/NbOfTxs")
    count = int(printed) if printed.isascii() and printed.isdigit() and len(printed) < 10 else len(_details(entry))
    return f"{count} payments in one entry" if count > 1 else ""


def _kind(entry: Element) -> str:
    """The bank's code for what it is, where there is nothing else to read."""
    code = entry.find("BkTxCd")
    if code is None:
        return ""
    parts = (code.at("Domn/Cd"), code.at("Domn/Fmly/Cd"), code.at("Domn/Fmly/SubFmlyCd"))
    return tidy(" ".join(part for part in parts if part) or code.at("Prtry/Cd"))[:200]
