"""Parts of a page that are drawn once: nothing of one person's page may stand in another's."""

from __future__ import annotations

import re
from itertools import count

import pytest
from django.template import Context, Engine, TemplateSyntaxError
from django.test import Client

from budget.templatetags.kept import KeptNode
from budget.tests import factories

ENGINE = Engine(
    libraries={"kept": "budget.templatetags.kept"}, builtins=["budget.templatetags.kept", "django.template.defaulttags"]
)


def drawn(source: str, *contexts: dict[str, object]) -> list[str]:
    template = ENGINE.from_string(source)
    return [template.render(Context(context)) for context in contexts]


def test_kept_part_is_drawn_once_for_each_value() -> None:
    numbers = count(1)
    pages: list[dict[str, object]] = [{"at": at, "next": lambda: next(numbers)} for at in ("a", "b", "a", "b")]

    assert drawn("{% kept at %}{{ at }}{{ next }}{% endkept %}", *pages) == ["a1", "b2", "a1", "b2"]


def test_fresh_part_is_drawn_every_time_from_what_is_known_around_it() -> None:
    source = "{% kept %}<p>{{ name }} {% fresh %}{{ name }}{% endfresh %}, {% fresh %}{{ key }}{% endfresh %}</p>"
    source += "{% endkept %}"
    pages = [{"name": "Olive", "key": 1}, {"name": "<b>", "key": 2}, {}]

    assert drawn(source, *pages) == ["<p>Olive Olive, 1</p>", "<p>Olive &lt;b&gt;, 2</p>", "<p>Olive , </p>"]


def test_kept_part_within_another_leaves_its_gaps_to_it() -> None:
    source = "{% kept %}a{% kept %}b{% fresh %}{{ name }}{% endfresh %}{% endkept %}{% endkept %}"

    assert drawn(source, {"name": "1"}, {"name": "2"}) == ["ab1", "ab2"]


def test_fresh_part_where_nothing_is_kept_is_drawn_as_it_is() -> None:
    assert drawn("{% fresh %}{{ name }}{% endfresh %}", {"name": "Olive"}) == ["Olive"]


def test_values_without_end_do_not_fill_the_memory() -> None:
    template = ENGINE.from_string("{% kept at %}{{ at }}{% endkept %}")

    assert [template.render(Context({"at": at})) for at in range(200)] == [str(at) for at in range(200)]
    assert [len(node.drawn) <= 64 for node in template.nodelist if isinstance(node, KeptNode)] == [True]


def test_block_cannot_be_kept() -> None:
    with pytest.raises(TemplateSyntaxError, match="A block differs"):
        ENGINE.from_string("{% kept %}{% block title %}{% endblock %}{% endkept %}")


@pytest.mark.django_db
def test_pages_of_two_people_share_no_name_token_or_key() -> None:
    texts = []
    for name in ("Olive", "Vera"):
        user = factories.make_user(name=name)
        factories.make_account(factories.make_book(user, f"{name}'s book"), name=f"{name}'s account")
        client = Client()
        client.force_login(user)
        texts += [client.get("/settings/profile/").text, client.get("/settings/profile/").text]
    tokens = [set(re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', text)) for text in texts]
    keys = [re.findall(r'name="request_key" value="([\w-]+)"', text) for text in texts]

    assert all(len(token) == 1 for token in tokens)
    assert len(set.union(*tokens)) == len({key for [key] in keys}) == 4
    assert ["Vera" in text for text in texts] == [False, False, True, True]
    assert ["Olive" in text for text in texts] == [True, True, False, False]
    assert "\0" not in "".join(texts)
