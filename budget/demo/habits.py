"""What the invented household does with its money: shops, prices, standing orders. No real company, no real person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

CHECKING, SAVINGS, CARD, CASH = "Everyday Account", "Rainy Day Savings", "Credit Card", "Wallet"


@dataclass(frozen=True)
class Habit:
    """Something bought every now and then; prices in cents, out positive."""

    category: str
    payees: Sequence[str]
    per_month: float
    lowest: int
    highest: int
    accounts: Sequence[str] = (CARD,)
    days: str = "0123456"
    """The weekdays on which it happens, Monday being 0."""


@dataclass(frozen=True)
class Standing:
    """Something paid or received on one day of the month; prices in cents, out positive.

    `raises` says from which month of the book on (its first is 0) another price holds. `months` are those of the
    calendar in which it happens; `swing` is by how much a bill varies either way.
    """

    category: str
    payee: str
    day: int
    price: int
    account: str = CHECKING
    raises: Mapping[int, int] = field(default_factory=dict)
    months: Sequence[int] = range(1, 13)
    swing: int = 0
    is_seasonal: bool = False
    """Costs up to twice as much in winter."""


WORKDAYS, WEEKEND = "01234", "456"

HABITS = (
    Habit(
        "Groceries", ("Green Basket", "Market Hall", "Family Grocer"), 11, 1180, 8950, (CARD, CARD, CHECKING), "01345"
    ),
    Habit("Groceries", ("Farmers Market",), 3.5, 820, 3150, (CASH,), "25"),
    Habit("Snacks", ("Corner Bakery", "Old Mill Bakery"), 9, 240, 980, (CASH, CARD)),
    Habit("Coffee", ("Harbour Coffee", "Station Espresso"), 9, 290, 790, (CARD,), WORKDAYS),
    Habit("Work Lunch", ("Noodle Counter", "Canteen Two", "Soup Kitchen 12"), 11, 690, 1390, (CARD,), WORKDAYS),
    Habit("Restaurant", ("Trattoria Lago", "The Copper Pot", "Lotus Garden"), 3, 2650, 8600, (CARD,), WEEKEND),
    Habit("Fast Food", ("Burger Bench", "Falafel Point"), 2.6, 790, 1990),
    Habit("Food Delivery", ("Dinner Dash",), 2, 1850, 3950),
    Habit("Bar", ("The Blue Door",), 1.8, 900, 3400, (CARD, CASH), WEEKEND),
    Habit("Household Supplies", ("Home & Hearth", "Drugstore on Main"), 3.2, 560, 4250),
    Habit("Garden", ("Garden Centre North",), 0.5, 990, 6800, (CARD,), "5"),
    Habit("Furniture", ("Plain Furniture",), 0.12, 7900, 32900, (CARD,), "5"),
    Habit("Fuel", ("Ring Road Fuel", "Village Fuel"), 3, 4650, 7420),
    Habit("Public Transport", ("City Tram",), 5, 290, 880),
    Habit("Parking", ("Central Parking",), 3, 200, 1250, (CASH, CARD)),
    Habit("Taxi & Rideshare", ("Yellow Line Taxi",), 0.7, 1150, 3200),
    Habit("Pharmacy", ("Market Pharmacy",), 1.4, 495, 3180),
    Habit("Doctor", ("Family Practice",), 0.25, 3500, 9500, (CHECKING,), WORKDAYS),
    Habit("Dentist", ("Dental Care",), 0.12, 6500, 18500, (CHECKING,), WORKDAYS),
    Habit("Clothing", ("Linen & Wool", "Shoe Corner", "Outdoor Outfit"), 1.3, 1990, 12900),
    Habit("Hair & Beauty", ("Salon Saal",), 0.9, 2400, 5200, (CARD,), "12345"),
    Habit("Electronics", ("Circuit Store",), 0.3, 1990, 28900),
    Habit("Shopping", ("Parcel Shop Online",), 2.2, 890, 6490),
    Habit("Hobbies", ("Wool & Needle", "Model Workshop"), 1, 950, 5400),
    Habit("Movies", ("Palace Cinema",), 1.1, 1150, 3450, (CARD,), WEEKEND),
    Habit("Concerts & Events", ("City Theatre",), 0.35, 2800, 9800),
    Habit("Books", ("Paper Lantern Books",), 1.1, 890, 3490),
    Habit("Sports", ("Swimming Hall",), 2.2, 450, 900, (CASH,)),
    Habit("Gifts", ("Gift House", "Flower Stand"), 0.9, 1200, 6900),
    Habit("Pets", ("Pet Pantry",), 1.5, 1150, 4480),
    Habit("Postage", ("Post Counter",), 0.7, 160, 1290, (CASH,), WORKDAYS),
)

STANDING = (
    Standing("Rent", "Riverside Homes", 1, 98000, raises={17: 102000}),
    Standing("Electricity", "City Power", 6, 5900, swing=450, is_seasonal=True),
    Standing("Gas & Heating", "District Heating", 6, 4200, swing=600, is_seasonal=True),
    Standing("Water", "City Water", 9, 8460, months=(2, 5, 8, 11), swing=700),
    Standing("Waste", "City Services", 9, 5220, months=(1, 7)),
    Standing("Internet", "Northern Fibre", 12, 3990, raises={24: 4290}),
    Standing("Phone", "Clear Mobile", 14, 1500),
    Standing("Streaming Services", "Film Stream", 16, 1299, CARD, raises={22: 1599}),
    Standing("Streaming Services", "Song Stream", 19, 1099, CARD),
    Standing("Gym", "Iron Works Gym", 2, 2990),
    Standing("Health Insurance", "Mutual Health", 3, 3820, raises={13: 4180, 25: 4460}),
    Standing("Car Insurance", "Road Mutual", 4, 48600, months=(1,), raises={12: 50150, 24: 51900}),
    Standing("Home Insurance", "Hearth Insurance", 15, 11840, months=(5,)),
    Standing("Bank Fees", "Community Bank", 28, 390),
    Standing("Donations", "Animal Shelter", 20, 1500),
    Standing("Courses", "Evening College", 10, 14900, months=(2, 9)),
    Standing("Flights", "Blue Sky Air", 18, 41800, CARD, months=(5,), swing=4500),
    Standing("Hotels", "Seaside Pension", 4, 78000, CARD, months=(8,), swing=9000),
    Standing("Sightseeing", "Island Boat Tours", 8, 9600, CARD, months=(8,), swing=1500),
    Standing("Rental Car", "Harbour Rental", 5, 21400, CARD, months=(8,), swing=2600),
    Standing("Gifts", "Gift House", 14, 16800, CARD, months=(12,), swing=4200),
    Standing("Clothing", "Linen & Wool", 23, -4990, CARD, months=(1, 4, 9, 11)),
    Standing("Electricity", "City Power", 21, -6240, months=(3,), swing=1100),
    Standing("Salary", "Brightwater Works", 1, -298000, raises={1: -312000, 13: -326000, 25: -338000}),
    Standing("Bonus", "Brightwater Works", 25, -118000, months=(11,)),
    Standing("Side Job", "Evening College", 11, -24000, months=(1, 3, 4, 6, 10, 11, 12), swing=6000),
    Standing("Refund", "Tax Office", 17, -31800, months=(6,), swing=7000),
    Standing("Interest", "Community Bank", 30, -2650, SAVINGS, months=(3, 6, 9, 12), swing=300),
)

BAD_MONTH = (
    (9, "Car Repair", "Ring Road Garage", 68450, CHECKING),
    (13, "Electronics", "Circuit Store", 49900, CARD),
    (15, "Restaurant", "The Copper Pot", 14280, CARD),
    (22, "Fines", "City Traffic Office", 6000, CHECKING),
)
"""What made the month before this one expensive: day, category, payee, cents, account."""

UNKNOWN = ("POS 0415 STATION KIOSK", "CARD 4471 SQ MARKET SQ", "ONLINE PAY 88213 WEBSHOP", "POS 2290 LATE SHOP")
"""What the bank prints where nobody knows yet what it was."""

BUDGETS = {
    "Groceries": 52000, "Restaurant": 20000, "Coffee": 5500, "Work Lunch": 13000, "Fast Food": 4000,
    "Food Delivery": 9000, "Snacks": 4500, "Bar": 4000, "Household Supplies": 9000, "Garden": 2000,
    "Fuel": 22000, "Public Transport": 4000, "Parking": 2000, "Taxi & Rideshare": 2500, "Rent": 102000,
    "Electricity": 11000, "Gas & Heating": 9000, "Water": 9000, "Internet": 4300, "Phone": 1500,
    "Health Insurance": 4500, "Gym": 3000, "Streaming Services": 2700, "Donations": 1500, "Bank Fees": 400,
    "Pharmacy": 4000, "Hair & Beauty": 7000, "Hobbies": 5000, "Pets": 4000, "Books": 3000, "Sports": 3000,
    "Concerts & Events": 6000, "Clothing": 10000, "Gifts": 5000, "Car Repair": 6000, "Movies": 5000,
    "Furniture": 8000, "Shopping": 13000, "Electronics": 6000, "Home Repair": 4000,
}  # fmt: skip
"""What a month is planned to cost, in cents."""

NEVER_SPENT = "Home Repair"
"""A category whose plan piles up, so that some of it can be moved elsewhere."""

ROLLOVER = {
    "Clothing": "surplus",
    "Gifts": "surplus",
    "Furniture": "surplus",
    NEVER_SPENT: "surplus",
    "Car Repair": "both",
}

CABIN = (
    Standing("Electricity", "Alpine Power", 8, 4850, swing=900, is_seasonal=True),
    Standing("Property Tax", "Valley Council", 20, 31000, months=(4, 10)),
    Standing("Home Insurance", "Hearth Insurance", 12, 42700, months=(1,)),
    Standing("Home Repair", "Carpenter Upvalley", 17, 26500, months=(5, 9), swing=12000),
    Standing("Household Supplies", "Village Store", 22, 6420, swing=3100, months=(1, 2, 7, 8, 12)),
    Standing("Sports", "Chairlift North", 27, 13600, months=(1, 2, 12)),
    Standing("Side Job", "Guests", 28, -54000, months=(2, 3, 7, 8), swing=16000),
)
"""The second book, in another currency."""
