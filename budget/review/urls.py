"""Where the review queue is."""

from django.urls import path

from budget.review.views import deciding, other, page, pairing, ruling

app_name = "review"

urlpatterns = [
    path("review/", page.queue, name="queue"),
    path("review/decisions/", deciding.decision_create, name="decision-create"),
    path("review/sure/", deciding.sure_accept, name="sure-accept"),
    path("review/all/", deciding.all_save, name="all-save"),
    path("review/saving/", deciding.staged_save, name="staged-save"),
    path("review/staged/deletion/", deciding.staged_put_back, name="staged-put-back"),
    path("review/staging/", deciding.staging_switch, name="staging-switch"),
    path("review/categories/", other.category_list, name="category-list"),
    path("review/rule/", ruling.rule_offer, name="rule-offer"),
    path("review/transfers/", pairing.transfer_decide, name="transfer-decide"),
    path("review/transfers/asking/", pairing.transfer_ask_again, name="transfer-ask-again"),
]
