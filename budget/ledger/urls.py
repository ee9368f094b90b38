"""Where the ledger's pages are."""

from django.urls import path

from budget.ledger.views import accounts, categories, changing, many, recording, transactions

app_name = "ledger"

urlpatterns = [
    path("transactions/", transactions.transaction_list, name="transaction-list"),
    path("expenses/", transactions.transaction_list, name="expense-list"),
    path("income/", transactions.transaction_list, name="income-list"),
    path("transactions/new/", recording.transaction_create, name="transaction-create"),
    path("transactions/bulk/", many.transactions_change, name="transactions-change"),
    path("transactions/<int:pk>/", changing.transaction_change, name="transaction-change"),
    path("transactions/<int:pk>/category/", changing.category_choose, name="transaction-category"),
    path("transactions/<int:pk>/deletion/", changing.transaction_delete, name="transaction-delete"),
    path("accounts/", accounts.account_list, name="account-list"),
    path("accounts/new/", accounts.account_create, name="account-create"),
    path("accounts/transfer/", accounts.account_transfer_create, name="account-transfer-create"),
    path("accounts/<int:pk>/", accounts.account_detail, name="account-detail"),
    path("accounts/<int:pk>/edit/", accounts.account_change, name="account-change"),
    path("accounts/<int:pk>/closing/", accounts.account_close, name="account-close"),
    path("accounts/<int:pk>/deletion/", accounts.account_delete, name="account-delete"),
    path("settings/categories/", categories.category_list, name="category-list"),
    path("settings/categories/new/", categories.category_create, name="category-create"),
    path("settings/categories/<int:pk>/", categories.category_change, name="category-change"),
    path("settings/categories/<int:pk>/closing/", categories.category_archive, name="category-archive"),
    path("settings/categories/<int:pk>/deletion/", categories.category_delete, name="category-delete"),
    path("settings/categories/<int:pk>/merge/", categories.category_merge, name="category-merge"),
]
