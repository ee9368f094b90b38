"""Where the overview and the reports answer."""

from django.urls import path

from budget.reports import exports, views

app_name = "reports"

urlpatterns = [
    path("", views.overview, name="overview"),
    path("reports/month/<str:month>/", views.month, name="month"),
    path("reports/month/<str:month>/summary.csv", views.month_csv, name="month-csv"),
    path("reports/top/", views.top, name="top"),
    path("reports/categories/", views.categories, name="categories"),
    path("transactions/export/", exports.transactions_csv, name="transactions-csv"),
]
