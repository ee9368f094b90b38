"""Numbers to the geometry of a picture: plain Python, values in and frozen dataclasses out; no database, no HTML.

Every position and length is a whole number of hundredths of a percent of the plot: 0 is its left or top edge and
`FULL` (10,000) its right or bottom one, so a mark that is drawn at them lies within the plot at any width. Lengths of
bars are proportional to their amounts, to one such step.

What to call (`pictures` draws each of them):

    stops = [Stop("Nov", "November 2026", "/transactions/?month=2026-11"), ...]     one for each place on the axis
    line_chart(stops, [Series("Spent", (Decimal("1.00"), None), "own"), ...])      lines over stops; None ends a line
    line_chart(stops, few(series))                                                  at most six, and the rest as "Other"
    line_chart(stops, [worth], is_stepped=True)                                     net worth: a step for each stop
    pair_chart(stops, incomes, spendings)                                           two bars for each month
    rank_chart([Part("Food", Decimal("9.00"), "/transactions/?category=7"), ...])   horizontal bars, one zero for all
    share_chart(parts)                                                              one bar of what parts have of a sum
    heat_chart([Day(date(2026, 11, 20), Decimal("9.00"), "/transactions/?q=")])     a calendar; weeks run down
    spark(values)                                                                   a line without axes

An amount is in the unit and sign that is shown: spending positive, income positive, what was lost negative.
"""

from budget.reports.charts.bars import Bar, Pair, PairChart, Rank, RankChart, pair_chart, rank_chart
from budget.reports.charts.days import Cell, Day, HeatChart, heat_chart
from budget.reports.charts.lines import Line, LineChart, Series, few, line_chart, spark
from budget.reports.charts.scales import FULL, Scale, scale_of, short
from budget.reports.charts.shares import Part, Share, ShareChart, share_chart
from budget.reports.charts.stops import Stop, column

__all__ = [
    "FULL", "Bar", "Cell", "Day", "HeatChart", "Line", "LineChart", "Pair", "PairChart", "Part", "Rank", "RankChart",
    "Scale", "Series", "Share", "ShareChart", "Stop", "column", "few", "heat_chart", "line_chart", "pair_chart",
    "rank_chart", "scale_of", "share_chart", "short", "spark",
]  # fmt: skip
