"""What a new book knows from its first day: common merchants, and prices that tell apart what one biller sells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from budget.categorization.merchants import normalise
from budget.categorization.models import AmountRule, MerchantMapping, Origin
from budget.categorization.operations.rules import APART, MIDDLE
from budget.history import Recorder
from budget.ledger import newbooks
from budget.ledger.models import Category

CONFIRMATIONS = 10
"""R003-82: enough to be filed without asking from the first import on."""

MERCHANTS: Mapping[str, str] = {
    "Groceries|Food": "SAFEWAY, TRADER JOES, WHOLE FOODS, KROGER, ALDI, LIDL, REWE, EDEKA, TESCO, SAINSBURYS, "
    "CARREFOUR, ALBERT HEIJN, MIGROS, COSTCO, PUBLIX, WEGMANS, SPROUTS FARMERS MARKET",
    "Coffee|Food": "STARBUCKS, BLUE BOTTLE, PEETS COFFEE, DUNKIN, COSTA COFFEE, TIM HORTONS, PHILZ COFFEE",
    "Fast Food|Food": "MCDONALDS, BURGER KING, CHIPOTLE, SUBWAY, TACO BELL, KFC, FIVE GUYS, WENDYS, IN-N-OUT BURGER",
    "Food Delivery|Food": "DOORDASH, UBER EATS, GRUBHUB, DELIVEROO, LIEFERANDO, INSTACART",
    "Boba|Food": "BOBA GUYS, GONG CHA, KUNG FU TEA",
    "Fuel|Transportation": "CHEVRON, SHELL, EXXONMOBIL, TEXACO, ARAL, ESSO, TOTALENERGIES, COSTCO GAS, SAFEWAY FUEL",
    "Taxi & Rideshare|Transportation": "UBER, LYFT, BOLT, FREE NOW",
    "Tolls|Transportation": "FASTRAK, E-ZPASS",
    "Public Transport|Transportation": "CLIPPER, BART, TFL TRAVEL CH, DEUTSCHE BAHN, SNCF",
    "Pharmacy|Medical": "WALGREENS, CVS PHARMACY, RITE AID, BOOTS",
    "Household Supplies|Housing": "IKEA, HOME DEPOT, LOWES, BED BATH & BEYOND",
    "Netflix|Recreation & Entertainment": "NETFLIX",
    "Spotify|Recreation & Entertainment": "SPOTIFY",
    "Hulu|Recreation & Entertainment": "HULU",
    "HBO|Recreation & Entertainment": "HBO MAX",
    "Disney+|Recreation & Entertainment": "DISNEY PLUS, DISNEYPLUS",
    "YouTube Premium|Recreation & Entertainment": "YOUTUBE PREMIUM",
    "Games|Recreation & Entertainment": "STEAM GAMES, STEAMGAMES, NINTENDO, PLAYSTATION NETWORK",
    "Gym|Personal Spending": "PLANET FITNESS, 24 HOUR FITNESS",
    "Clothing|Personal Spending": "H&M, ZARA, UNIQLO, ZALANDO, OLD NAVY",
    "Hotels|Travel": "AIRBNB, BOOKING.COM, MARRIOTT, HILTON",
    "Flights|Travel": "UNITED AIRLINES, DELTA AIR LINES, LUFTHANSA, RYANAIR, EASYJET, SOUTHWEST AIRLINES",
    "Postage|Misc": "USPS, DHL, ROYAL MAIL",
    "Salary|Income": "PAYROLL, SALARY, GEHALT, LOHN",
    "Interest|Income": "INTEREST PAYMENT, INTEREST EARNED",
}
"""Merchants by the category that they belong to, else by the group that stands for it in the short list."""

RULES: Sequence[tuple[str, str, str, str, str]] = (
    ("APPLE.COM/BILL", "0.99", "0.01", "Phone|Utilities", "iCloud storage"),
    ("APPLE.COM/BILL", "2.99", "0.01", "Phone|Utilities", "iCloud storage"),
    ("APPLE.COM/BILL", "9.99", "0.01", "Apple TV|Recreation & Entertainment", "Apple TV"),
    ("APPLE.COM/BILL", "12.99", "0.01", "Apple TV|Recreation & Entertainment", "Apple TV"),
    ("APPLE.COM/BILL", "4.99", "0.01", "Games|Recreation & Entertainment", "Apple Arcade"),
    ("AMAZON PRIME", "14.99", "0.50", "Streaming Services|Recreation & Entertainment", "Amazon Prime"),
    ("GOOGLE*STORAGE", "1.99", "0.01", "Phone|Utilities", "Google One"),
    ("VENMO", "15.89", "0.50", "Netflix|Recreation & Entertainment", "Venmo, shared streaming"),
    ("VENMO", "60.00", "5.00", "Internet|Utilities", "Venmo, shared internet"),
)
"""Text, amount, tolerance, category, and what the payee is called: billers that sell several things (R003-48)."""

NOTE = "Came with the book. Change it to what you pay."


def register() -> None:
    """Have every new book with standard categories begin with these."""
    newbooks.register(lay)


def lay(change: Recorder, categories: Mapping[str, Category]) -> None:
    """Write what the book's categories allow; active at once.

    R003-82.
    """
    if mappings := [*_mappings(categories)]:
        change.create_all(mappings)
    if rules := [*_rules(categories)]:
        change.create_all(rules)


def _mappings(categories: Mapping[str, Category]) -> list[MerchantMapping]:
    found = {}
    for names, merchants in MERCHANTS.items():
        if category := _category(names, categories):
            for merchant in merchants.split(", "):
                found[normalise(merchant)] = category
    return [
        MerchantMapping(merchant=merchant, category=category, confirmations=CONFIRMATIONS, origin=Origin.STARTER)
        for merchant, category in found.items()
    ]


def _rules(categories: Mapping[str, Category]) -> list[AmountRule]:
    found: list[AmountRule] = []
    for pattern, amount, tolerance, names, payee in RULES:
        if category := _category(names, categories):
            found.append(
                AmountRule(
                    pattern=pattern,
                    amount=Decimal(amount),
                    tolerance=Decimal(tolerance),
                    category=category,
                    name=payee,
                    note=NOTE,
                    position=MIDDLE + APART * len(found),
                )
            )
    return found


def _category(names: str, categories: Mapping[str, Category]) -> Category | None:
    """The first of the names that the book has."""
    return next((categories[name] for name in names.split("|") if name in categories), None)
