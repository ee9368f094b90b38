"""What banks call their columns, in nine languages, and the words with which they say in and out.

Names are written as `layout.plain_name` gives them: lower case, no accents, one blank between words. Of two columns
with names of one role, the one whose name comes first here is taken.
"""

from __future__ import annotations

from functools import cache

NAMES: dict[str, tuple[str, ...]] = {
    "date": (
        "booking date", "posting date", "posted date", "post date", "date posted", "buchungstag", "buchungsdatum",
        "date de comptabilisation", "date comptable", "fecha contable", "data contabile", "data lancamento",
        "data de lancamento", "boekdatum", "boekingsdatum", "data ksiegowania", "记账日期", "入账日期", "记账日",
        "transaction date", "date", "datum", "buchung", "date operation", "date de l operation", "date d operation",
        "date de operation", "date transaction", "fecha operacion",
        "fecha de operacion", "fecha", "data operazione",
        "data registrazione", "data movimento", "data mov", "data da operacao", "data", "transactiedatum",
        "datum transactie", "data operacji", "data transakcji", "交易日期",
        "交易时间", "日期", "时间", "trans date",
        "txn date", "umsatzdatum", "belegdatum", "transaktionsdatum", "kaufdatum", "completed date", "started date",
        "datetime", "date time", "timestamp", "created", "created at", "time", "posted", "dato", "day",
    ),
    "value_date": (
        "value date", "valuta", "valuta date", "valutadatum", "wertstellung", "wertstellungstag",
        "wertstellungsdatum", "wert", "date valeur",
        "date de valeur", "fecha valor", "fecha de valor", "data valuta",
        "data valor", "data de valor", "rentedatum", "data waluty", "起息日", "authorized date",
    ),
    "amount": (
        "amount", "betrag", "umsatz", "montant", "importe", "importo", "valor", "bedrag", "kwota", "kwota operacji",
        "kwota transakcji", "金额", "交易金额", "发生额", "transaction amount", "booking amount", "net amount",
        "buchungsbetrag", "umsatzbetrag", "montant de l operation", "importe operacion", "monto", "cantidad",
        "montante", "quantia", "transactiebedrag", "amount in account currency", "billing amount", "value",
        "wartosc", "belob", "sum", "summe", "total",
    ),
    "debit": (
        "debit", "debits", "debit amount", "amount debit", "withdrawal", "withdrawals", "withdrawal amount",
        "paid out", "money out", "out", "outflow", "soll", "belastung", "belastungen", "lastschrift", "ausgang",
        "ausgabe", "ausgaben", "depense", "depenses", "montant debit", "cargo", "cargos", "debe", "gasto", "gastos",
        "addebito", "addebiti", "dare", "uscita", "uscite", "debito", "debitos", "saida", "saidas", "af", "uit",
        "obciazenie", "obciazenia", "wyplata", "wyplaty", "wydatek",
        "wydatki", "支出", "支出金额", "借方", "借方金额",
        "借方发生额", "spent", "charges",
    ),
    "credit": (
        "credit", "credits", "credit amount", "amount credit", "deposit", "deposits", "deposit amount", "paid in",
        "money in", "in", "inflow", "haben", "gutschrift", "gutschriften", "eingang", "einnahme", "einnahmen",
        "recette", "recettes", "montant credit", "abono", "abonos", "haber", "ingreso", "ingresos", "accredito",
        "accrediti", "avere", "entrata", "entrate", "credito", "creditos", "bij", "uznanie", "uznania", "wplata",
        "wplaty", "wplyw", "wplywy", "收入", "收入金额", "贷方", "贷方金额", "贷方发生额", "received",
    ),
    "direction": (
        "debit credit", "credit debit", "d c", "c d", "dc", "cd", "dr cr", "cr dr", "debit credit indicator",
        "credit debit indicator", "cdtdbtind", "soll haben", "s h", "soll haben kennzeichen", "af bij", "af of bij",
        "sens", "debito credito", "debe haber", "dare avere", "收 支",
        "收支", "收支类型", "收支标志", "借贷标志", "借贷",
        "借贷方向", "交易类型", "direction", "transaction type", "type",
        "typ", "art", "tipo", "rodzaj", "tipo movimento",
        "credit or debit", "debit or credit",
    ),
    "currency": (
        "currency", "account currency", "currency code", "iso currency code", "ccy", "cur", "wahrung",
        "kontowahrung", "devise", "monnaie", "divisa", "moneda", "moeda", "munt", "muntsoort", "valuta", "waluta",
        "waluta rachunku", "币种", "账户币种", "货币", "货币类型", "transaction currency",
    ),
    "payee": (
        "payee", "merchant name", "merchant", "counterparty", "counterparty name", "counter party", "beneficiary",
        "recipient", "paid to", "zahlungsempfanger", "beguenstigter zahlungspflichtiger", "beguenstigter",
        "begunstigter", "empfanger", "auftraggeber empfanger", "auftraggeber begunstigter",
        "begunstigter auftraggeber", "begunstigter zahlungspflichtiger",
        "auftraggeber beguenstigter", "zahlungspflichtiger",
        "name zahlungsbeteiligter", "gegenpartei", "partner name", "handler", "tiers", "beneficiaire",
        "contrepartie", "beneficiario", "ordenante", "comercio", "controparte", "esercente", "destinatario",
        "contraparte", "estabelecimento", "tegenpartij",
        "naam tegenpartij", "tegenrekening naam", "naam omschrijving",
        "odbiorca", "nadawca odbiorca", "odbiorca nadawca", "kontrahent", "nazwa kontrahenta", "dane kontrahenta",
        "商家", "商户", "商户名称", "交易对方", "对方户名", "对方名称",
        "对方", "收款人", "name", "naam", "nom", "nombre",
        "nome", "nazwa", "to", "vendor",
    ),
    "text": (
        "description", "transaction description", "details", "transaction details", "memo", "note", "notes",
        "purpose", "narrative", "narration", "particulars", "payment details", "payment reference", "reference",
        "remittance information", "comment", "comments", "message", "verwendungszweck", "zweck", "buchungstext",
        "beschreibung", "buchungsdetails", "mitteilung", "bemerkung",
        "notiz", "text", "libelle", "libelle operation",
        "libelle de l operation", "designation", "communication",
        "communications", "motif", "intitule", "reference de l operation",
        "informations complementaires", "concepto", "descripcion", "observaciones", "detalle", "detalles",
        "movimiento", "descrizione", "causale",
        "descrizione operazione", "dettagli", "note operazione", "descricao",
        "historico", "detalhes", "lancamento", "omschrijving",
        "mededeling", "mededelingen", "opis", "opis operacji",
        "opis transakcji", "tytul", "tytul przelewu", "tytul operacji", "szczegoly", "szczegoly transakcji", "备注",
        "摘要", "说明", "交易说明", "交易摘要", "用途", "附言", "商品", "商品说明", "name",
    ),
    "bank_id": (
        "transaction id", "fitid", "transaction number",
        "transaction reference", "bank reference", "reference number",
        "unique id", "external id", "id", "ref", "referenz", "transaktions id", "umsatz id", "reference interne",
        "referencia", "id transazione", "numer referencyjny",
        "numer transakcji", "id transakcji", "交易号", "交易单号",
        "交易流水号", "流水号", "订单号", "reference",
    ),
    "category": (
        "子分类", "subcategory", "sub category", "category", "personal finance category primary", "kategorie",
        "unterkategorie", "sous categorie", "categorie", "subcategoria", "categoria",
        "kategoria", "分类", "类别", "交易分类", "category name",
        "spending category",
    ),
    "balance": (
        "balance", "running balance", "account balance", "saldo", "kontostand", "saldo nach buchung",
        "saldo nach umsatz", "solde", "saldo contabile", "saldo po operacji", "saldo po transakcji",
        "saldo na mutatie", "saldo na trn", "saldo disponible", "余额", "账户余额", "交易后余额", "closing balance",
        "ending balance", "balance after",
    ),
    "pending": ("pending", "status", "state", "state type", "umsatzstatus", "statut", "estado", "stato", "交易状态"),
    "account": (
        "account", "account number", "account id",
        "account no", "account name", "auftragskonto", "iban auftragskonto",
        "iban kontoinhaber", "eigene iban", "konto", "kontonummer",
        "iban", "rekening", "rekeningnummer", "iban bban",
        "numer rachunku", "rachunek", "compte", "numero de compte", "cuenta",
        "conto", "conta", "账户", "账户1", "账号",
        "card number", "card id", "card no", "kartennummer",
    ),
}  # fmt: skip

OUT_MARKS = (
    "d", "dr", "db", "dbit", "debit", "deb", "s", "soll", "belastung", "lastschrift", "af", "dare", "debe", "debito",
    "cargo", "addebito", "wn", "obciazenie", "借", "-", "out",
)  # fmt: skip
IN_MARKS = (
    "c", "cr", "crdt", "credit", "cred", "h", "haben", "gutschrift", "bij", "avere", "haber", "credito", "abono",
    "accredito", "ma", "uznanie", "贷", "+", "in",
)  # fmt: skip
OUT_KINDS = (
    "expense", "spending", "withdrawal", "payment", "purchase", "outgoing", "ausgabe", "ausgang", "depense", "gasto",
    "uscita", "saida", "despesa", "uitgave", "wydatek", "支出", "transfer", "转账", "转出", "money out",
)  # fmt: skip
IN_KINDS = (
    "income", "deposit", "refund", "incoming", "einnahme", "eingang", "recette", "ingreso", "entrata", "entrada",
    "receita", "inkomst", "wplyw", "收入", "转入", "退款", "余额变更", "balance change", "money in",
)  # fmt: skip
"""Words for kinds of movements. A transfer of an account's own list leaves that account."""

PENDING = ("true", "pending", "yes", "vorgemerkt", "en attente", "pendiente", "in sospeso", "oczekujaca", "authorized")

TOTALS = (
    "total", "totals", "sum", "summe", "gesamt", "gesamtsumme", "endsaldo", "anfangssaldo", "kontostand", "saldo",
    "totale", "totaal", "suma", "razem", "合计", "总计", "balance", "opening balance", "closing balance", "solde",
    "balance brought forward", "balance carried forward", "saldo final", "saldo inicial", "saldo anterior",
    "saldo iniziale", "saldo finale", "beginning balance", "ending balance", "end of report", "ubertrag",
    "saldo poczatkowe", "saldo koncowe", "beginsaldo", "eindsaldo", "subtotal", "count", "anzahl",
)  # fmt: skip

MONEY_OUT_POSITIVE = (
    # Plaid: "Positive values when money moves out of the account; negative values when money moves in."
    frozenset({"iso currency code", "payment channel", "pending transaction id"}),
    # Viseca card exports: purchases have no sign, credits a minus.
    frozenset({"card id", "valuta date", "merchant name", "state type"}),
)  # fmt: skip
"""Headers of exports that are known to print money out without a sign: all of these names are there."""

CURRENCIES = frozenset(
    {"eur", "usd", "gbp", "chf", "pln", "cad", "aud", "nzd", "jpy", "cny", "sek", "nok", "dkk", "czk", "huf", "brl"}
)
UNITS = CURRENCIES | {"euro", "euros", "zl", "dollars", "pounds"}
"""Words in a header cell that only say the currency."""

SYMBOLS = {"€": "EUR", "£": "GBP", "zł": "PLN", "zl": "PLN", "Kč": "CZK", "R$": "BRL", "US$": "USD", "人民币": "CNY"}


@cache
def ranks(role: str) -> dict[str, int]:
    """The place of each name among those of a role; the first is the best."""
    return {name: rank for rank, name in reversed(list(enumerate(NAMES[role])))}


@cache
def known_names() -> frozenset[str]:
    """Every name of every role."""
    return frozenset(name for names in NAMES.values() for name in names)
