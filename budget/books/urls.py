"""Where books are chosen."""

from django.urls import path

from budget.books import views

app_name = "books"

urlpatterns = [
    path("books/switch/", views.book_switch, name="book-switch"),
]
