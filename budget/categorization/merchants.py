"""What a bank prints, down to the merchant's name: `SQ *BLUE BOTTLE 4412` is BLUE BOTTLE. No database.

A name is upper case, without what changes from one purchase to the next (dates, references, numbers of shops and
cards) and without what the bank and the payment service put around it. Normalising a name again changes nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

LONGEST = 100
READ = 300
"""Of a longer text only the beginning is read: the name comes first, and time stays bounded."""


def _words_of(text: str) -> frozenset[str]:
    return frozenset(text.split())


SERVICES = _words_of(
    "2CO ADY ADYEN APLPAY APPLEPAY BT CCI CKE CKO CLV DD DNH DRI FS FSP GPAY IZ IZETTLE KLARNA LS MOLLIE NYX PADDLE "
    "PADDLE.NET PAYPAL PP PPL PY PYPL SP SQ SQUARE STRIPE SUMUP TOAST TST WL WPY ZETTLE"
)
"""Payment services: what stands behind their `*` is who was paid."""

_PREFIXES = """
    ACH CREDIT | ACH DEBIT | ACH WITHDRAWAL | ACH DEPOSIT | ACH PMT | ACH | ACHAT CB | AUTOPAY | APLPAY
    BILL PAYMENT | BILL PMT | BASISLASTSCHRIFT | CARD PAYMENT TO | CARD PAYMENT | CARD PURCHASE | CARTE BANCAIRE | CB
    CHECK CARD PURCHASE | CHECK CARD | CHECKCARD PURCHASE | CHECKCARD | CONTACTLESS PAYMENT | CONTACTLESS
    DAUERAUFTRAG | DBT CRD | DEBIT CARD PURCHASE | DEBIT CARD PAYMENT | DEBIT CARD | DEBIT PURCHASE | DEBIT PMT
    DIRECT DEBIT PAYMENT TO | DIRECT DEBIT TO | DIRECT DEBIT | DIRECT DEP | DIRECT DEPOSIT | DDA PURCHASE | EC-KARTE
    EFT DEBIT | EFT | EFTPOS | ELECTRONIC PMT | ELECTRONIC WITHDRAWAL | EXTERNAL WITHDRAWAL | FOLGELASTSCHRIFT
    GIROCARD | GUTSCHRIFT VON | GUTSCHRIFT | INTERAC PURCHASE | INTERNET PAYMENT | KARTENZAHLUNG | KREDITKARTE
    LASTSCHRIFT | LOHN/GEHALT | NON-CHASE ATM | ONLINE PAYMENT TO | ONLINE PAYMENT | ONLINE PAY | ONLINE PMT
    PAGAMENTO POS | PAGO CON TARJETA EN | PAIEMENT CARTE | PAIEMENT PAR CARTE | PAIEMENT CB | POINT OF SALE DEBIT
    POINT OF SALE | POS DEBIT | POS PURCHASE | POS WITHDRAWAL | POS | PRE-AUTHORIZED DEBIT | PRELEVEMENT SEPA
    PRELEVEMENT | PREAUTHORIZED DEBIT | PRLV SEPA | PRLV | PURCHASE AUTHORIZED ON | PURCHASE | RECURRING CARD PURCHASE
    RECURRING DEBIT CARD | RECURRING DEBIT | RECURRING PAYMENT AUTHORIZED ON | RECURRING PAYMENT TO
    RECURRING PAYMENT | SEPA DIRECT DEBIT | SEPA LASTSCHRIFT | SEPA-LASTSCHRIFT | SEPA-BASISLASTSCHRIFT | SEPA
    SIGNATURE PURCHASE | STANDING ORDER TO | STANDING ORDER | UBERWEISUNG | UEBERWEISUNG | VIR SEPA | VIREMENT DE
    VIREMENT | VISA DEBIT | VISA PURCHASE | VISA DDA PUR | WEB AUTHORIZED PMT | WEB PMT | WITHDRAWAL POS
    BEA, APPLE PAY | BETAALAUTOMAAT | COMPRA TARJETA | COMPRA EN | ZAHLUNG
"""
_STATES = _words_of(
    "AL AK AZ AR CA CO CT DC DE FL GA HI IA ID IL IN KS KY LA MA MD ME MI MN MO MS MT NC ND NE NH NJ NM NV NY OH OK OR "
    "PA RI SC SD TN TX UT VA VT WA WI WV WY AB BC MB NB NS ON PE QC SK NSW VIC QLD"
)
_COUNTRIES = _words_of(
    "US USA GB GBR UK DEU AUT CHE FRA ITA ESP NLD BEL LUX IRL IRELAND PRT DNK SWE NOR FIN POL CZE CAN AUS NZL JPN SGP "
    "GERMANY"
)
_LEGAL = _words_of(
    "AB AG APS AS BV BVBA CIE CO CORP CORPORATION EG EV EK GBR GMBH INC INCORPORATED KG KGAA KFT LIMITED LLC LLP LTD "
    "LTDA MBH NV OHG OY OYJ PLC PTE PTY PVT SA SARL SAS SE SL SPA SRL UG & UND AND"
)
_PLACES = frozenset((".COM", ".NET", ".ORG", ".IO", ".CO.UK", ".DE", ".FR", ".NL", ".IT", ".ES", ".CH", ".AT", ".EU"))
_MONTHS = _words_of("JAN FEB MAR APR MAY JUN JUL AUG SEP SEPT OCT NOV DEC MAI OKT DEZ")
_CUTS = (
    *("EREF+", "MREF+", "KREF+", "CRED+", "ABWA+", "IBAN:", "BIC:", "REF:", "REFERENCE:", "MANDATE:", "VALUE DATE:"),
    *(" ID:", " INDN:", "//"),
)
"""From here on a text is for machines."""

_ALIASES = """
    AMZN MKTP: AMAZON | AMZN MKTPLACE: AMAZON | AMZN: AMAZON | AMAZON MKTPL: AMAZON | AMAZON MKTPLACE: AMAZON
    AMAZON MKTP: AMAZON | AMAZON MARKETPLACE: AMAZON | AMAZON RETAIL: AMAZON | AMAZON PAYMENTS: AMAZON
    AMAZON EU: AMAZON | AMAZON DIGITAL: AMAZON DIGITAL | AMAZON PRIME: AMAZON PRIME | PRIME VIDEO: PRIME VIDEO
    APPLE.COM/BILL: APPLE.COM/BILL | ITUNES.COM/BILL: APPLE.COM/BILL | APPLE.COM/US: APPLE | APPLE STORE: APPLE STORE
    UBER EATS: UBER EATS | UBEREATS: UBER EATS | UBER TRIP: UBER | LYFT RIDE: LYFT | LYFT: LYFT
    WM SUPERCENTER: WALMART | WAL-MART: WALMART | WAL MART: WALMART | WALMART: WALMART | MCDONALD: MCDONALDS
    COSTCO WHSE: COSTCO | COSTCO GAS: COSTCO GAS | SHELL OIL: SHELL | SHELL SERVICE STATION: SHELL
    CHEVRON: CHEVRON | EXXONMOBIL: EXXONMOBIL | STARBUCKS: STARBUCKS | NETFLIX: NETFLIX | SPOTIFY: SPOTIFY
    VENMO PAYMENT: VENMO | VENMO CASHOUT: VENMO CASHOUT | VENMO: VENMO | ZELLE: ZELLE | SAFEWAY: SAFEWAY
    GOOGLE YOUTUBEPREMIUM: YOUTUBE PREMIUM | GOOGLE YOUTUBE PREMIUM: YOUTUBE PREMIUM | SAFEWAY FUEL: SAFEWAY FUEL
"""
"""Names that a merchant prints in several ways; each of them begins a text."""

_REFERENCE = re.compile(r"[A-Z0-9]*[0-9][A-Z0-9]*", re.ASCII)
_DATE = re.compile(r"[0-9]{1,4}[./-][0-9]{1,2}(?:[./-][0-9]{1,4})?\.?|[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?", re.ASCII)
_NUMBER = re.compile(r"[#X*.-]*[0-9][0-9,.:/-]*", re.ASCII)
_LONG_NUMBER = re.compile(r"(?<![^\s#])[0-9]{3,}(?!\S)", re.ASCII)
_MASKED = re.compile(r"[X*.#]{2,}[0-9]{2,}|[X*]{4,}", re.ASCII)
_DAY_AND_MONTH = re.compile(r"[0-3]?[0-9](?:JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)(?:[0-9]{2,4})?", re.ASCII)
_APART = str.maketrans(dict.fromkeys('|,;_()[]{}<>"“”„', " ") | dict.fromkeys("'’`´", None))
_EDGES = "-.:#/+&!?=~^%@$"


def _phrases(text: str) -> list[Sequence[str]]:
    return [tuple(phrase.split()) for line in text.strip().splitlines() for phrase in line.split("|")]


def _by_first(phrases: Iterable[Sequence[str]]) -> Mapping[str, Sequence[Sequence[str]]]:
    """Phrases by their first word, the longest first."""
    found: dict[str, list[Sequence[str]]] = {}
    for phrase in sorted(phrases, key=len, reverse=True):
        found.setdefault(phrase[0], []).append(phrase)
    return found


PREFIXES = _by_first(_phrases(_PREFIXES))
ALIASES = {
    tuple(printed.split()): meant.strip()
    for line in _ALIASES.strip().splitlines()
    for printed, meant in (entry.split(":") for entry in line.split("|"))
}
ALIAS_STARTS = _by_first(ALIASES)


def merchant_of(payee: str, text: str) -> str:
    """The merchant of a row: of its payee, else of the bank's text; empty where neither names anybody."""
    return normalise(payee) or normalise(text)


def normalise(text: str) -> str:
    """The merchant's name in a bank's text, at most 100 characters; empty where there is none.

    R003-49. Takes time in proportion to the text, of which only the first 300 characters are read.
    """
    return _normalised(_LONG_NUMBER.sub("000", text[:READ]))


@lru_cache(maxsize=16_384)
def _normalised(text: str) -> str:
    """The same of a text in which long numbers look alike: they go anyway, and so it is worth remembering."""
    plain = unicodedata.normalize("NFKC", text[:READ]).upper()[:READ]
    head, _, tail = plain.partition("SVWZ+")
    plain = head if _is_name(head.partition("EREF+")[0].split()) else tail or head
    for cut in _CUTS:
        head, _, tail = plain.partition(cut)
        plain = head if head.strip() else tail
    plain = plain.replace("DES:", " ")
    words = _words(_behind_service(plain).translate(_APART))
    before: Sequence[str] = ()
    while words != before:
        before = words
        words = _without_end(_without_numbers(_without_prefix(words)))
    return _known_as(words)[:LONGEST].strip()


def _behind_service(plain: str) -> str:
    """What stands behind a `*`: the payee of a payment service, a part of the name, or a reference that goes."""
    for _ in range(4):
        head, star, tail = plain.partition("*")
        if not star:
            break
        last, behind = head.split()[-1:], tail.split()
        is_service = bool(last) and last[0].rstrip("_") in SERVICES
        if (is_service and behind) or not last:
            plain = tail
        elif behind and _REFERENCE.fullmatch(behind[0]):
            plain = head
        else:
            plain = f"{head} {tail}"
    return plain.replace("*", " ")


def _words(plain: str) -> Sequence[str]:
    found = []
    for raw in plain.split():
        word = raw.strip(_EDGES) if raw != "&" else raw
        word = word.removeprefix("WWW.").removeprefix("HTTPS://").removeprefix("HTTP://")
        for ending in _PLACES:
            word = word.removesuffix(ending)
        if raw[0] == "#" and word.isdigit():
            word = f"#{word}"
        if word and any(character.isalnum() or character == "&" for character in word):
            found.append(word)
    return tuple(found)


def _without_prefix(words: Sequence[str]) -> Sequence[str]:
    """Without what a bank says about the kind of payment, and without a card's number."""
    while True:
        rest = words
        for phrase in PREFIXES.get(words[0], ()) if words else ():
            if tuple(words[: len(phrase)]) == phrase:
                rest = words[len(phrase) :]
                break
        if len(words) > 2 and words[0] in ("CARD", "KARTE", "CARTE", "VISA", "MC") and _is_number(words[1]):
            rest = words[2:]
        if rest == words or not _is_name(rest):
            return words
        words = rest


def _without_numbers(words: Sequence[str]) -> Sequence[str]:
    """Up to the first number of three digits or more, or date: behind it stands a town. Before the name they go."""
    kept: list[str] = []
    for place, word in enumerate(words):
        following = words[place + 1] if place + 1 < len(words) else ""
        if not _is_noise(word, following):
            kept.append(word)
        elif _is_name(kept):
            break
        elif word.isdigit() and following in _MONTHS:
            return _without_numbers(words[place + 2 :]) if _is_name(words[place + 2 :]) else words
    return tuple(kept) if _is_name(kept) else ()


def _without_end(words: Sequence[str]) -> Sequence[str]:
    """Without the state, the country and the legal form at the end."""
    while len(words) > 1 and (
        words[-1] in _COUNTRIES
        or words[-1].replace(".", "") in _LEGAL
        or (words[-1] in _STATES and len(words) > 2)
        or words[-1] in ("CARD", "REF", "NR", "NO", "STORE", "PPD", "CCD", "ID")
    ):
        words = words[:-1]
    return words


def _known_as(words: Sequence[str]) -> str:
    for phrase in ALIAS_STARTS.get(words[0], ()) if words else ():
        if tuple(words[: len(phrase)]) == phrase:
            return ALIASES[tuple(phrase)]
    return " ".join(words)


def _is_name(words: Sequence[str]) -> bool:
    """Whether there are two letters in it, or a sign of a script that needs fewer."""
    letters = 0
    for word in words:
        if len(word) > 1 and word.isalpha():
            return True
        for character in word:
            if character.isalpha():
                letters += 1
                if letters > 1 or ord(character) > 0x2E7F:
                    return True
    return False


def _is_number(word: str) -> bool:
    return bool(_NUMBER.fullmatch(word) or _MASKED.fullmatch(word))


def _is_noise(word: str, following: str) -> bool:
    """Whether a word changes from purchase to purchase."""
    if word[0] == "#" and word[1:].isdigit():
        return True
    if _MASKED.fullmatch(word) or _DATE.fullmatch(word) or _DAY_AND_MONTH.fullmatch(word):
        return True
    if word.isalpha():
        return False
    digits = sum(character.isdigit() for character in word)
    if word.isdigit() and digits < 3:
        return following in _MONTHS
    if _NUMBER.fullmatch(word):
        return digits >= 3 or not word.isdigit()
    return digits >= 3 and digits * 2 >= len(word)
