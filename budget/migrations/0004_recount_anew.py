"""Rows have more fields from here on, so what was counted of the old ones is forgotten and counted anew."""

from django.db import migrations


def forget(apps, schema_editor):
    for name in ("MonthRecount", "BookRecount"):
        apps.get_model("budget", name).objects.using(schema_editor.connection.alias).all().delete()


class Migration(migrations.Migration):

    dependencies = [
        ('budget', '0003_statements'),
    ]

    operations = [
        migrations.RunPython(forget, migrations.RunPython.noop),
    ]
