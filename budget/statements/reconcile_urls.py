"""Where an account is held against its bank, and where what was agreed is kept."""

from django.urls import path

from budget.statements.views import certified, reconciling

app_name = "reconcile"

urlpatterns = [
    path("accounts/<int:pk>/reconcile/", reconciling.account_reconcile, name="account"),
    path("accounts/statements/<int:pk>/", reconciling.statement_reconcile, name="statement"),
    path("accounts/certificates/<int:pk>/", certified.certificate_detail, name="certificate"),
    path("accounts/certificates/<int:pk>/withdrawal/", certified.certificate_withdraw, name="certificate-withdraw"),
]
