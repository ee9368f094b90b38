"""Where the overview and the reports answer."""

from django.urls import path

from budget.reports import exports, views
from budget.reports.pages import calendar, category, index, merchants, networth, trend, year

app_name = "reports"

urlpatterns = [
    path("", views.overview, name="overview"),
    path("reports/month/<str:month>/", views.month, name="month"),
    path("reports/month/<str:month>/summary.csv", exports.month_csv, name="month-csv"),
    path("reports/month/<str:month>/summary.xlsx", exports.month_xlsx, name="month-xlsx"),
    path("reports/top/", views.top, name="top"),
    path("reports/categories/", views.categories, name="categories"),
    path("reports/", index.index_page, name="index"),
    path("reports/calendar/<str:month>/", calendar.calendar_page, name="calendar"),
    path("reports/calendar/<str:month>/days.csv", calendar.calendar_csv, name="calendar-csv"),
    path("reports/net-worth/", networth.networth_page, name="net-worth"),
    path("reports/net-worth/net-worth.csv", networth.networth_csv, name="net-worth-csv"),
    path("reports/trend/", trend.trend_page, name="trend"),
    path("reports/trend/trend.csv", trend.trend_csv, name="trend-csv"),
    path("reports/category/<str:key>/", category.category_page, name="category"),
    path("reports/category/<str:key>/category.csv", category.category_csv, name="category-csv"),
    path("reports/merchants/", merchants.merchants_page, name="merchants"),
    path("reports/merchants/payees.csv", merchants.merchants_csv, name="merchants-csv"),
    path("reports/year/<str:number>/", year.year_page, name="year"),
    path("reports/year/<str:number>/year.csv", year.year_csv, name="year-csv"),
    path("transactions/export/", exports.transactions_csv, name="transactions-csv"),
    path("transactions/export/xlsx/", exports.transactions_xlsx, name="transactions-xlsx"),
]
