"""Money in the database: exact, or refused."""

import random
from decimal import Decimal

import pytest
from django.core.exceptions import FieldError, ValidationError
from django.db import connection, models, transaction
from django.db.models import Avg, F, Max, Min, Q, Sum
from django.db.models.functions import Coalesce
from django.db.utils import IntegrityError

from budget.errors import BudgetError
from budget.money import LARGEST, AmountOutOfRange, InexactAmount, MoneyField, from_units, money_value, to_units


class Coin(models.Model):
    """A table with money in it that no book knows; made for each test and gone with it."""

    value = MoneyField()
    worn = MoneyField(null=True)

    class Meta:
        app_label = "money_tests"
        constraints = [models.CheckConstraint(condition=~Q(value=Decimal("0.50")), name="coin_is_no_half")]

    def __str__(self):
        return str(self.value)


@pytest.fixture
def coins(db):
    """The manager of an empty table of coins, which goes when the test's transaction is rolled back."""
    editor = connection.schema_editor(collect_sql=True)
    columns = [
        f"{field.column} {field.db_type(connection)} {'PRIMARY KEY' if field.primary_key else 'NULL'} "
        f"{field.db_type_suffix(connection) or ''}"
        for field in Coin._meta.fields
    ]
    constraints = [str(constraint.constraint_sql(Coin, editor)) for constraint in Coin._meta.constraints]
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE {Coin._meta.db_table} ({', '.join(columns + constraints)})")
    return Coin.objects


def mint(coins, *values):
    coins.bulk_create(Coin(value=Decimal(value)) for value in values)


@pytest.mark.parametrize(
    ("amount", "units"),
    [
        ("0", 0),
        ("-0.00", 0),
        ("12.50", 12500),
        ("-0.001", -1),
        ("1E+3", 1_000_000),
        (str(LARGEST), 9_999_999_999_999_999),
    ],
)
def test_amount_and_units_are_one_value(amount, units):
    assert to_units(Decimal(amount)) == units
    assert from_units(units) == Decimal(amount)


@pytest.mark.parametrize(
    ("units", "text"), [(12500, "12.50"), (-12505, "-12.505"), (1, "0.001"), (0, "0.00"), (-10, "-0.01")]
)
def test_amount_from_units_has_two_decimals_or_three(units, text):
    assert str(from_units(units)) == text


@pytest.mark.parametrize(
    ("amount", "refusal"),
    [
        ("0.0001", InexactAmount),
        ("1.000000000000000000000000000000001", InexactAmount),
        ("NaN", InexactAmount),
        ("sNaN", InexactAmount),
        ("Infinity", InexactAmount),
        ("10000000000000", AmountOutOfRange),
        ("-9999999999999.9991", AmountOutOfRange),
        ("1E+999999", AmountOutOfRange),
    ],
)
def test_amount_that_cannot_be_kept_exactly_is_refused(amount, refusal):
    with pytest.raises(refusal) as raised:
        to_units(Decimal(amount))

    assert isinstance(raised.value, BudgetError)
    assert str(raised.value).endswith(("Use up to three decimals.", "Use one below 10,000,000,000,000."))


@pytest.mark.parametrize("amount", [12.5, True, "12.50", None])
def test_only_decimals_and_whole_numbers_are_money(amount):
    with pytest.raises(TypeError, match="Money is a Decimal"):
        to_units(amount)


def test_field_gives_back_what_it_was_given(coins):
    texts = ["0.1", "-12.505", "9999999999999.999", "-9999999999999.999", "0"]
    mint(coins, *texts)

    assert list(coins.order_by("pk").values_list("value", flat=True)) == [Decimal(text) for text in texts]
    assert all(isinstance(coin.value, Decimal) and coin.worn is None for coin in coins.all())


def test_column_holds_whole_thousandths(coins):
    """R000-7, R004-10: fixed point, no floating point."""
    mint(coins, "12.50")

    with connection.cursor() as cursor:
        cursor.execute("SELECT value FROM money_tests_coin")
        assert cursor.fetchall() == [(12500,)]
    assert Coin._meta.get_field("value").db_type(connection) == "bigint"


def test_sum_is_exact_where_floating_point_is_not(coins):
    """R004-10: sums are exact."""
    seeded = random.Random(20261121)
    values = [Decimal(seeded.randrange(-(10**12), 10**12)).scaleb(-2) for _ in range(300)]
    values += [Decimal("9999999999999.99")] * 3
    mint(coins, *values)

    total = coins.aggregate(total=Sum("value"))["total"]

    assert (type(total), total) == (Decimal, sum(values))


def test_aggregates_answer_decimals(coins):
    mint(coins, "0.10", "0.20", "9999999999999.99", "9999999999999.99")

    found = coins.aggregate(
        Sum("value"), Min("value"), Max("value"), none=Sum("worn"), zero=Sum("worn", default=Decimal(0))
    )

    assert found == {
        "value__sum": Decimal("20000000000000.28"),
        "value__min": Decimal("0.10"),
        "value__max": Decimal("9999999999999.99"),
        "none": None,
        "zero": Decimal(0),
    }


def test_sum_is_compared_exactly(coins):
    mint(coins, "0.10", "0.20")

    groups = coins.values("worn").annotate(total=Sum("value"))

    assert groups.filter(total=Decimal("0.30")).count() == 1
    assert groups.filter(total__gt=Decimal("0.30")).count() == 0


def test_rows_are_found_by_amount(coins):
    mint(coins, "12.49", "12.50", "12.51", "-12.50")

    def found(**condition):
        return [str(value) for value in coins.filter(**condition).order_by("value").values_list("value", flat=True)]

    assert found(value=Decimal("12.5")) == ["12.50"]
    assert found(value__gte=Decimal("12.50")) == ["12.50", "12.51"]
    assert found(value__in=[Decimal("12.51"), Decimal("-12.5")]) == ["-12.50", "12.51"]
    assert found(value__range=(Decimal("12.49"), Decimal("12.50"))) == ["12.49", "12.50"]
    assert found(value__lt=0) == ["-12.50"]


def test_expressions_of_money_answer_decimals(coins):
    coins.create(value=Decimal("12.50"), worn=Decimal("2.25"))

    row = coins.annotate(
        less=F("value") - F("worn"),
        more=F("value") + money_value(Decimal("0.005")),
        double=F("value") * 2,
        known=Coalesce("worn", money_value(0)),
    ).get()

    assert (row.less, row.more, row.double, row.known) == (
        Decimal("10.25"),
        Decimal("12.505"),
        Decimal("25.00"),
        Decimal("2.25"),
    )
    assert coins.aggregate(total=Sum(F("value") - F("worn")))["total"] == Decimal("10.25")


def test_update_by_an_expression_adds_money(coins):
    mint(coins, "12.50")

    coins.update(value=F("value") + money_value(Decimal("0.50")))

    assert coins.get().value == Decimal("13.00")


def test_bare_number_in_an_expression_is_refused_and_not_taken_for_thousandths(coins):
    mint(coins, "12.50")

    with pytest.raises(FieldError, match="MoneyField, DecimalField"):
        coins.annotate(more=F("value") + Decimal(1)).get()


def test_average_is_refused_because_it_would_be_cut(coins):
    mint(coins, "0.10", "0.20", "0.20")

    with pytest.raises(TypeError, match="divide the sum by the count"):
        coins.aggregate(Avg("value"))


@pytest.mark.parametrize("value", [Decimal("0.0001"), LARGEST + 1, Decimal("NaN"), 12.5, "12.50"])
def test_field_never_rounds_silently(coins, value):
    """R004-10: what is too precise is refused."""
    with pytest.raises((InexactAmount, AmountOutOfRange, TypeError)), transaction.atomic():
        coins.create(value=value)

    assert coins.count() == 0


def test_constraint_is_about_money_and_not_about_thousandths(coins):
    mint(coins, "0.49", "0.51")

    with pytest.raises(IntegrityError, match="coin_is_no_half"):
        mint(coins, "0.50")


def test_field_is_written_into_migrations_by_its_public_name():
    assert MoneyField(null=True).deconstruct() == (None, "budget.money.MoneyField", [], {"null": True})


def test_field_reads_what_fixtures_hold():
    field = Coin._meta.get_field("value")

    assert [field.to_python(value) for value in (None, "12.5", "-0.001", 7, Decimal("1.50"))] == [
        None,
        Decimal("12.5"),
        Decimal("-0.001"),
        Decimal(7),
        Decimal("1.50"),
    ]
    assert [field.value_to_string(Coin(value=value)) for value in (Decimal("1E+3"), None)] == ["1000", ""]


@pytest.mark.parametrize(
    "value",
    [
        *["", "1e3", "NaN", "1_000", "١٢", "12,50", "0.0001", "99999999999999"],
        *[1.5, object(), Decimal("0.0001"), Decimal("NaN"), LARGEST + 1],
    ],
)
def test_field_refuses_what_is_no_machine_amount(value):
    with pytest.raises(ValidationError):
        Coin._meta.get_field("value").to_python(value)


def test_form_field_knows_the_limits():
    field = Coin._meta.get_field("value").formfield()

    assert field.clean("12.505") == Decimal("12.505")
    for text in ("12.5051", "10000000000000", "NaN"):
        with pytest.raises(ValidationError):
            field.clean(text)
