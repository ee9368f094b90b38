"""Charts as finished HTML: a figure with a drawing, a sentence, and the same amounts as a table.

    frame = Frame("c-worth", "Net worth is 1,208.11, ...", "EUR")      an id of the page, the sentence, the currency
    line_picture(line_chart(stops, series), frame, labels=True)        lines; with labels, their names at their ends
    pair_picture(pair_chart(stops, incomes, spendings), frame)
    rank_picture(rank_chart(parts), frame)
    share_picture(share_chart(parts), frame)
    heat_picture(heat_chart(days), frame)
    spark_picture(values, "Balance of 90 days, from 1.00 to 9.00")     a small drawing with a name, no table

Marks are links with a name that says date and amounts; the table in each figure has the same links. A page that shows
one includes ``reports/_charts_css.html``; the script that walks through marks is loaded by app.js where a figure is.
"""

from budget.reports.pictures.bars import pair_picture, rank_picture
from budget.reports.pictures.frames import Frame
from budget.reports.pictures.grids import heat_picture, share_picture, spark_picture
from budget.reports.pictures.lines import line_picture

__all__ = ["Frame", "heat_picture", "line_picture", "pair_picture", "rank_picture", "share_picture", "spark_picture"]
