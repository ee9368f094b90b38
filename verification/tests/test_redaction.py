"""V15: secrets of the environment and what looks like one never reach the evidence."""

from __future__ import annotations

import re

import pytest

from verification.redaction import CASED, ORDINARY, PATTERNS, REPLACEMENT, Redactor, secret_values

pytestmark = pytest.mark.once

ENVIRONMENT = {
    "SECRET_KEY": "p9v-secret-of-this-server",
    "DATABASE_URL": "postgresql://ledger_owner:hunter2hunter2@ep-cool-1234-pooler.example.net/household?sslmode=require",
    "EMAIL_URL": "smtp+tls://post:mail%2Fpassword@mail.example.com:587",
    "PLAIN": "shown-to-everybody",
    "TOKEN_KEY": "abc",
}

SPELLED = {
    "address with password": "mongodb+x://me:sesame@db.example.org/x",
    "database address": "postgres://db.example.org/budget_data",
    "host of a database provider": "ep-aged-sun-pooler.eu-central-1.aws.neon.tech",
    "password in words": "Password: open-sesame",
    "secret in words": "api_key = 0123456789abcdef",
    "authorization header": "Authorization: Token abcdef",
    "bearer token": "bearer abcdefghijklmnopqrstuvwxyz",
    "basic credentials": "Basic dXNlcjpwYXNzd29yZDEyMw==",
    "JSON web token": "ey~JhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-DEF_123",
    "private key": "-----BEGIN PRIVATE KEY-----\nMC4CAQ\n-----END PRIVATE KEY-----",
    "certificate request": "-----BEGIN PGP PRIVATE KEY BLOCK-----\nlQOY\n-----END",
    "SSH key": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE",
    "AWS access key": "AK~IAIOSFODNN7EXAMPLE",
    "AWS secret": "aws_secret: wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "GitHub token": "gh~p_16C7e42F292c6912E7710c838347Ae178B4a",
    "GitHub fine-grained token": "gi~thub_pat_11ABCDEFG0abcdefghijkl_mnopq",
    "GitLab token": "gl~pat-abcdefghij0123456789",
    "Slack token": "xo~xb-123456789012-abcdef",
    "Slack webhook": "https://hooks.slack.com/services/T00/B00/a1B2c3",
    "Discord webhook": "https://discord.com/api/webhooks/123/abc-def",
    "Stripe key": "sk~_live_4eC39HqLyjWDarjtT1",
    "Google API key": "AI~zaSyA1234567890abcdefghijklmnopqrstuv",
    "Google OAuth token": "ya~29.a0AfH6SMBabcdefghij0123456789",
    "Google client secret": "GO~CSPX-abcdefghijklmnopqrstuvwx",
    "Anthropic or OpenAI key": "sk~-example-0123456789abcdef",
    "Hugging Face token": "hf~_abcdefghijklmnopqrstuvwxyz",
    "npm token": "np~m_abcdefghijklmnopqrstuvwxyz0123456789",
    "PyPI token": "py~pi-AgEIcHlwaS5vcmcCJGFhYWFhYWFh",
    "SendGrid key": "SG~.abcdefghijklmnopqrst.abcdefghijklmnopqrst",
    "Mailgun key": "ke~y-0123456789abcdef0123456789abcdef",
    "Twilio key": "SK~0123456789abcdef0123456789abcdef",
    "Telegram token": "123456789:AA~ExampleExampleExampleExampleExam1",
    "Plaid token": "ac~cess-sandbox-7c69d345-fd3e-4ff0-8f4f-4f1b4e1d1e2a",
    "Sentry address": "https://0123456789abcdef0123456789abcdef@sentry.example/1",
    "Heroku or UUID key in words": "heroku key: 01234567-89ab-cdef-0123-456789abcdef",
    "DigitalOcean token": "do~p_v1_" + "0123456789abcdef" * 4,
    "Fernet token": "gA~AAAABf" + "abcdefghij0123456789" * 3 + "==",
    "Django session or signature": "sessionid=abcdefghij0123456789xyz",
    "argon2 or PBKDF2 hash": "argon2$argon2id$v=19$m=102400,t=2,p=8$c2FsdA$aGFzaA",
    "bank card": "4111 1111 1111 1111",
    "IBAN": "DE89 3704 0044 0532 0130 00",
    "home folder": "/home/someone/ledger.csv",
}
SAMPLES = {name: text.replace("~", "") for name, text in SPELLED.items()}
"""Invented, and written with a mark inside, so that no scanner of repositories takes them for leaked ones."""


def test_there_are_forty_patterns_and_a_sample_of_each():
    assert len(PATTERNS) >= 40
    assert SAMPLES.keys() == PATTERNS.keys()


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_each_kind_of_secret_is_replaced_wherever_it_stands(name: str):
    redactor = Redactor({})

    clean = redactor.value({"categories": [f"Food ({SAMPLES[name]}) and drink"]})

    (told,) = clean["categories"]
    assert REPLACEMENT in told
    assert SAMPLES[name] not in told
    assert told.startswith("Food (")
    assert redactor.replaced >= 1
    assert redactor.findings([told]) == 0
    assert Redactor({}).findings([SAMPLES[name]]) >= 1


def test_the_secrets_of_the_environment_are_replaced_in_keys_and_values():
    redactor = Redactor(ENVIRONMENT)

    clean = redactor.value(
        {"at p9v-secret-of-this-server": ["ledger_owner", "mail/password", "mail%2Fpassword", 7, None]}
    )

    assert clean == {f"at {REPLACEMENT}": [REPLACEMENT, REPLACEMENT, REPLACEMENT, 7, None]}
    assert redactor.replaced == 4


def test_every_part_of_an_address_is_a_secret_but_ordinary_words_are_not():
    found = secret_values(ENVIRONMENT)

    assert "hunter2hunter2" in found
    assert "ep-cool-1234-pooler.example.net" in found
    assert "household" in found
    assert ENVIRONMENT["DATABASE_URL"] in found
    assert "shown-to-everybody" not in found
    assert "abc" not in found
    assert not ORDINARY & {value.lower() for value in found}


def test_an_address_that_cannot_be_read_is_secret_as_a_whole():
    assert secret_values({"DATABASE_URL": "postgresql://[broken"}) == ["postgresql://[broken"]


def test_an_address_on_this_machine_gives_no_host_away():
    assert "127.0.0.1" not in secret_values({"DATABASE_URL": "postgresql://someone@127.0.0.1/x"})


def test_digests_words_and_amounts_are_left_alone():
    plain = {
        "digest": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "observed": "24 tables, 0 drift, largest gap 0.00",
        "place": "budget_transaction: constraint transaction_amount_not_zero is missing",
        "moment": "2026-11-21T09:14:00Z",
        "total": "-123456789012.345",
    }
    redactor = Redactor({"DATABASE_URL": "postgresql://budget@localhost/budget"})

    assert redactor.value(plain) == plain
    assert redactor.replaced == 0


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_each_kind_of_secret_is_found_by_its_own_pattern(name: str):
    assert re.search(PATTERNS[name], SAMPLES[name], 0 if name in CASED else re.IGNORECASE)


def test_longer_secret_is_replaced_as_a_whole():
    redactor = Redactor({"A_KEY": "hunter2", "B_KEY": "hunter2-and-more"})

    assert redactor.text("hunter2-and-more, hunter2") == f"{REPLACEMENT}, {REPLACEMENT}"
    assert redactor.replaced == 2


def test_value_of_six_characters_is_a_secret_and_a_shorter_one_is_not():
    assert secret_values({"A_KEY": "abcdef", "B_KEY": "abcde", "C_KEY": ""}) == ["abcdef"]


@pytest.mark.parametrize(
    "word", ["budget", "postgres", "postgresql", "localhost", "sqlite", "disable", "require", "prefer"]
)
def test_ordinary_word_is_no_secret(word: str):
    assert secret_values({"A_KEY": word, "B_PASSWORD": word.upper()}) == []
    assert secret_values({"DATABASE_URL": f"x://{word}@{word}/{word}"}) == [f"x://{word}@{word}/{word}"]


@pytest.mark.parametrize(
    "name",
    [
        *["DJANGO_SECRET", "PGPASSWORD", "MY_PASSWD", "API_TOKEN", "some_key", "AWS_CREDENTIALS", "SENTRY_DSN"],
        *["DATABASE_URL", "DATABASE_URL_DIRECT", "COOKIE_SALT", "SESSION_SALT", "PRIVATE_THING"],
    ],
)
def test_variable_named_like_a_secret_is_one(name: str):
    assert secret_values({name: "open-sesame", "OTHER": "open-sesame"}) == ["open-sesame"]


def test_what_is_put_in_the_place_of_a_secret_is_always_the_same():
    assert Redactor({"A_KEY": "open-sesame"}).text("say open-sesame") == "say [redacted]"


def test_small_letters_are_no_account_number():
    assert Redactor({}).text("ab12 cdef abcd efgh") == "ab12 cdef abcd efgh"


def test_secret_after_ordinary_variables_is_found():
    environment = {"PLAIN": "shown-to-everybody", "EMPTY_KEY": "", "LAST_KEY": "open-sesame"}

    assert secret_values(environment) == ["open-sesame"]


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
def test_address_on_this_machine_is_secret_only_as_a_whole(host: str):
    assert secret_values({"DATABASE_URL": f"x://{host}:5432/a"}) == [f"x://{host}:5432/a"]
