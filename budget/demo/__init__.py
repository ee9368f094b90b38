"""The sample book of `manage.py demo`: three years of an invented household, the same for everybody on the same day."""
