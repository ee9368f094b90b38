"""Where the pages of imports are."""

from django.urls import path

from budget.statements.views import bringing, changing, page, settling

app_name = "statements"

urlpatterns = [
    path("import/", bringing.import_list, name="import-list"),
    path("import/<int:pk>/", page.import_detail, name="import-detail"),
    path("import/<int:pk>/file/", bringing.file_download, name="file-download"),
    path("import/<int:pk>/again/", bringing.import_again, name="import-again"),
    path("import/<int:pk>/answers/", changing.answers_change, name="answers-change"),
    path("import/<int:pk>/account/", changing.account_choose, name="account-choose"),
    path("import/<int:pk>/rows/", changing.rows_choose, name="rows-choose"),
    path("import/rows/<int:pk>/", changing.row_mend, name="row-mend"),
    path("import/<int:pk>/recording/", settling.import_record, name="import-record"),
    path("import/<int:pk>/deletion/", settling.import_discard, name="import-discard"),
    path("import/<int:pk>/undo/", settling.import_undo, name="import-undo"),
]
