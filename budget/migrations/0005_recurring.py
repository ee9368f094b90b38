"""What comes again: series, their due dates, and which transactions are theirs."""

import budget.money
import datetime
import django.db.models.deletion
import django.utils.timezone
from decimal import Decimal
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('budget', '0004_recount_anew'),
    ]

    operations = [
        migrations.CreateModel(
            name='RecurringSeries',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.BigIntegerField(default=0, editable=False, help_text='The number of the change that last wrote the row.')),
                ('name', models.CharField(help_text='What people call it; the payee.', max_length=100)),
                ('merchant', models.CharField(help_text='By what its rows are recognised, as merchants are.', max_length=100)),
                ('amount', budget.money.MoneyField(help_text="What it costs each time, in the account's currency; out is positive.")),
                ('low', budget.money.MoneyField(blank=True, help_text='The least it costs, where it varies; nearer to zero.', null=True)),
                ('high', budget.money.MoneyField(blank=True, help_text='The most it costs, where it varies.', null=True)),
                ('amount_since', models.DateField(help_text='From which day on the amount holds; newer rows of its own are newer prices.')),
                ('rhythm', models.CharField(choices=[('weekly', 'Every week'), ('two_weeks', 'Every two weeks'), ('four_weeks', 'Every four weeks'), ('monthly', 'Every month'), ('quarterly', 'Every quarter'), ('half_yearly', 'Every half-year'), ('yearly', 'Every year')], max_length=11)),
                ('anchor', models.DateField(help_text='One of its due dates; the others follow from it.')),
                ('state', models.CharField(choices=[('suggested', 'Suggested'), ('confirmed', 'Confirmed'), ('dismissed', 'Dismissed'), ('paused', 'Paused'), ('ended', 'Ended')], default='suggested', max_length=9)),
                ('origin', models.CharField(choices=[('found', 'Found in the history'), ('hand', 'Entered by hand')], default='found', max_length=5)),
                ('is_sure', models.BooleanField(default=False, help_text='Whether it was met so often that chance is ruled out.')),
                ('posts_from', models.DateField(blank=True, help_text='Due dates from this day on are recorded by themselves; none where empty.', null=True)),
                ('note', models.CharField(blank=True, max_length=1000)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='series', to='budget.account')),
                ('book', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='budget.book')),
                ('category', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='series', to='budget.category')),
            ],
            options={
                'verbose_name': 'recurring series',
                'verbose_name_plural': 'recurring series',
            },
        ),
        migrations.CreateModel(
            name='SeriesRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('due', models.DateField(help_text='The due date that it settles.')),
                ('book', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='budget.book')),
                ('series', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='links', to='budget.recurringseries')),
                ('transaction', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='series_link', to='budget.transaction')),
            ],
        ),
        migrations.CreateModel(
            name='SeriesSearch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.BigIntegerField(default=0)),
                ('searched_at', models.DateTimeField(null=True)),
                ('is_wanted', models.BooleanField(default=False, help_text='Somebody asked for it; the next run does it.')),
                ('book', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='budget.book')),
            ],
            options={
                'verbose_name_plural': 'series searches',
            },
        ),
        migrations.CreateModel(
            name='SettledDue',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.BigIntegerField(default=0, editable=False, help_text='The number of the change that last wrote the row.')),
                ('due', models.DateField()),
                ('outcome', models.CharField(choices=[('posted', 'Recorded by itself'), ('skipped', 'Skipped')], max_length=7)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('book', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='budget.book')),
                ('series', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='settled', to='budget.recurringseries')),
            ],
        ),
        migrations.AddIndex(
            model_name='recurringseries',
            index=models.Index(fields=['book', 'state'], name='series_by_state'),
        ),
        migrations.AddConstraint(
            model_name='recurringseries',
            constraint=models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='series_name_not_empty'),
        ),
        migrations.AddConstraint(
            model_name='recurringseries',
            constraint=models.CheckConstraint(condition=models.Q(('amount', 0), _negated=True), name='series_amount_not_zero'),
        ),
        migrations.AddConstraint(
            model_name='recurringseries',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gte', Decimal('-9999999999999.999')), ('amount__lte', Decimal('9999999999999.999'))), name='series_amount_in_range'),
        ),
        migrations.AddConstraint(
            model_name='recurringseries',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('high__isnull', True), ('low__isnull', True)), models.Q(('high__isnull', False), ('low__isnull', False), models.Q(models.Q(('amount__gt', 0), ('high__gte', models.F('amount')), ('low__gt', 0), ('low__lte', models.F('amount'))), models.Q(('amount__lt', 0), ('high__lte', models.F('amount')), ('low__gte', models.F('amount')), ('low__lt', 0)), _connector='OR')), _connector='OR'), name='series_amount_within_its_range'),
        ),
        migrations.AddConstraint(
            model_name='recurringseries',
            constraint=models.CheckConstraint(condition=models.Q(('rhythm__in', ['weekly', 'two_weeks', 'four_weeks', 'monthly', 'quarterly', 'half_yearly', 'yearly'])), name='series_rhythm_known'),
        ),
        migrations.AddConstraint(
            model_name='recurringseries',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['suggested', 'confirmed', 'dismissed', 'paused', 'ended'])), name='series_state_known'),
        ),
        migrations.AddConstraint(
            model_name='recurringseries',
            constraint=models.CheckConstraint(condition=models.Q(('origin__in', ['found', 'hand'])), name='series_origin_known'),
        ),
        migrations.AddConstraint(
            model_name='recurringseries',
            constraint=models.CheckConstraint(condition=models.Q(('anchor__gte', datetime.date(1900, 1, 1)), ('anchor__lt', datetime.date(2201, 1, 1))), name='series_anchor_in_range'),
        ),
        migrations.AddIndex(
            model_name='seriesrow',
            index=models.Index(fields=['series', 'due'], name='series_row_by_due'),
        ),
        migrations.AddConstraint(
            model_name='settleddue',
            constraint=models.UniqueConstraint(fields=('series', 'due'), name='settled_due_once_per_series_and_date'),
        ),
        migrations.AddConstraint(
            model_name='settleddue',
            constraint=models.CheckConstraint(condition=models.Q(('outcome__in', ['posted', 'skipped'])), name='settled_due_outcome_known'),
        ),
    ]
