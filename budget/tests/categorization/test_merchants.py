"""What banks print, and the merchant in it."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from budget.categorization.merchants import LONGEST, _normalised, merchant_of, normalise

pytestmark = pytest.mark.once

PRINTED = {
    # payment services
    "SQ *BLUE BOTTLE 4412": "BLUE BOTTLE",
    "TST* JOE'S PIZZA - NEW YORK NY": "JOES PIZZA NEW YORK",
    "PAYPAL *SPOTIFY 35314369001": "SPOTIFY",
    "PP*STEAM GAMES": "STEAM GAMES",
    "SumUp  *Cafe Lumiere": "CAFE LUMIERE",
    "Zettle_*Bakery North": "BAKERY NORTH",
    "KLARNA*H&M": "H&M",
    "SP * ALLBIRDS": "ALLBIRDS",
    "DD *DOORDASH BURGERBEN": "DOORDASH BURGERBEN",
    "AplPay CHIPOTLE 1234 AUSTIN TX": "CHIPOTLE",
    "UBER   *EATS PENDING": "UBER EATS",
    "UBER *TRIP HELP.UBER.COM": "UBER",
    "Uber 072515 SF**POOL**": "UBER",
    "LYFT *RIDE SUN 3PM": "LYFT",
    "GOOGLE *YouTubePremium g.co/helppay# CA": "YOUTUBE PREMIUM",
    # names printed in several ways
    "AMZN Mktp US*2K3L45XY0": "AMAZON",
    "AMAZON.COM*A12B3C SEATTLE WA": "AMAZON",
    "Amazon Prime*RT4G5": "AMAZON PRIME",
    "WM SUPERCENTER #2345 DALLAS TX": "WALMART",
    "APPLE.COM/BILL 866-712-7753 CA": "APPLE.COM/BILL",
    "VENMO PAYMENT 1029384756": "VENMO",
    # numbers of shops, and towns behind them
    "STARBUCKS STORE 04412 SEATTLE WA": "STARBUCKS",
    "SHELL OIL 57442345 SAN JOSE CA": "SHELL",
    "7-ELEVEN 33451": "7-ELEVEN",
    "MOTEL 6 #4412": "MOTEL 6",
    "5 GUYS": "5 GUYS",
    "NETFLIX.COM LOS GATOS CA": "NETFLIX",
    "TRADER JOES SAN JOSE CA": "TRADER JOES SAN JOSE",
    # what banks put around a name
    "CHECKCARD 0415 SAFEWAY #1234 OAKLAND CA": "SAFEWAY",
    "PURCHASE AUTHORIZED ON 04/15 CHEVRON 0203 SAN JOSE CA S581234567 CARD 1234": "CHEVRON",
    "POS 0415 STATION KIOSK": "STATION KIOSK",
    "CARD 4471 SQ MARKET SQ": "SQ MARKET SQ",
    "XXXX1234 TARGET": "TARGET",
    "ONLINE PAY 88213 WEBSHOP": "WEBSHOP",
    "DIRECT DEP ACME INC PAYROLL": "ACME INC PAYROLL",
    "ACME CORP PAYROLL PPD ID: 1234567890": "ACME CORP PAYROLL",
    "GUSTO DES:PAYROLL ID:6SEMBFQ INDN:A PERSON CO ID:9138864001 CCD": "GUSTO PAYROLL",
    "Card Factory": "CARD FACTORY",
    # other countries
    "SEPA-LASTSCHRIFT REWE SAGT DANKE 4412//KOELN/DE": "REWE SAGT DANKE",
    "Kartenzahlung EDEKA SCHMIDT 12.04. 14:22": "EDEKA SCHMIDT",
    "PAIEMENT CB CARREFOUR MARKET PARIS 12/04": "CARREFOUR MARKET PARIS",
    "EREF+123 MREF+4 SVWZ+Miete April": "MIETE APRIL",
    "Müller GmbH & Co. KG": "MÜLLER",
    "Jschalp Gastro AG": "JSCHALP GASTRO",
    "15 NOV LIDL DIENSTLEISTUNG": "LIDL DIENSTLEISTUNG",
    "LIDL 15 NOV": "LIDL",
    "Mu\u0308ller": "MÜLLER",
    "スターバックス 渋谷": "スターバックス 渋谷",
    # names as people type them
    "  Ring   Road Fuel ": "RING ROAD FUEL",
    "Home & Hearth": "HOME & HEARTH",
    "Soup Kitchen 12": "SOUP KITCHEN 12",
    "Trader Joe’s": "TRADER JOES",
    # nobody is named
    "": "",
    "1234567890": "",
    "***": "",
    "04/15": "",
    "XXXXXXXXXXXX1234": "",
}


@pytest.mark.parametrize(("printed", "merchant"), PRINTED.items())
def test_normalise_finds_the_merchant(printed: str, merchant: str) -> None:
    """R003-49: upper case, trimmed, without what the bank adds."""
    assert normalise(printed) == merchant


@given(
    st.one_of(
        st.text(max_size=400), st.sampled_from(list(PRINTED)).flatmap(lambda t: st.text(max_size=9).map(t.__add__))
    )
)
@settings(max_examples=400, deadline=None)
def test_normalise_twice_is_normalise_once(text: str) -> None:
    once = normalise(text)

    assert (normalise(once), once.strip(), len(once) <= LONGEST) == (once, once, True)


def test_merchant_of_a_row_is_the_payees_else_the_texts() -> None:
    assert merchant_of("Blue Bottle", "SQ *OTHER") == "BLUE BOTTLE"
    assert merchant_of("", "SQ *OTHER 123") == "OTHER"
    assert merchant_of("12345", "") == ""


@pytest.mark.parametrize("text", ["*" * 5000, "SQ *" * 2000, "1 " * 3000, "A" * 100_000, "POS " * 3000, "ﷺ" * 3000])
def test_normalise_of_a_hostile_text_is_quick(text: str) -> None:
    """S17: no text takes more than 10 ms."""

    def seconds() -> float:
        """Of the processor, so that whatever else the machine does counts for nothing."""
        _normalised.cache_clear()
        start = time.process_time()
        normalise(text)
        return time.process_time() - start

    assert min(seconds() for _ in range(3)) < 0.01
