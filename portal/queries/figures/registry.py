"""Every figure by its name. A figure that is not here cannot be shown with a link to what is behind it."""

from __future__ import annotations

from portal.queries.figures import (
    accounting_figures,
    collection_figures,
    receivable_figures,
    revenue_figures,
    tax_figures,
    write_off_figures,
)
from portal.queries.figures.kinds import Figure, Ratio

FIGURES: dict[str, Figure | Ratio] = {
    figure.name: figure
    for figure in (
        *revenue_figures.FIGURES, *receivable_figures.FIGURES, *accounting_figures.FIGURES, *collection_figures.FIGURES,
        *tax_figures.FIGURES, *write_off_figures.FIGURES,
    )
}  # fmt: skip
