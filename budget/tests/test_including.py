"""Included templates are looked up once, and are otherwise what Django's own tag includes."""

from __future__ import annotations

import pytest
from django.template import Context, Engine, TemplateDoesNotExist

pytestmark = pytest.mark.once

SOURCES = {
    "page": '{% for name in names %}{% include "part" with mark="!" %}{% endfor %}',
    "only": '{% include "part" only %}',
    "chosen": "{% include which %}",
    "countdown": '{{ left|length }}{% if left %}{% include "countdown" with left=left|slice:"1:" %}{% endif %}',
    "lost": '{% include "nowhere" %}',
    "part": "{{ name }}{{ mark }}",
    "other": "other",
}


@pytest.fixture
def engine():
    loader = ("django.template.loaders.locmem.Loader", SOURCES)
    return Engine(loaders=[loader], builtins=["budget.templatetags.including"])


def drawn(engine, template, /, **values):
    return engine.get_template(template).render(Context(values))


def test_an_include_gets_the_context_and_what_it_is_given(engine):
    assert drawn(engine, "page", names=["a", "<"]) == "a!&lt;!"
    assert drawn(engine, "only", name="a") == ""
    assert drawn(engine, "countdown", left="abc") == "3210"


def test_a_name_from_the_context_is_looked_up_each_time(engine):
    template = engine.get_template("chosen")

    assert [template.render(Context({"which": name, "name": 1})) for name in ("part", "other")] == ["1", "other"]


def test_a_named_template_is_found_once(engine, monkeypatch):
    looked_up = []
    template = engine.get_template("page")
    find = engine.find_template

    def noting(name, **skip):
        looked_up.append(name)
        return find(name, **skip)

    monkeypatch.setattr(engine, "find_template", noting)

    assert [template.render(Context({"names": names})) for names in ("ab", "c")] == ["a!b!", "c!"]
    assert looked_up == ["part"]


def test_a_template_that_is_not_there_is_an_error(engine):
    with pytest.raises(TemplateDoesNotExist, match="nowhere"):
        drawn(engine, "lost")
