"""Landing: row rules, quarantine, versioned raw tables. A landed source is a batch, accepted or refused later."""

from pipeline.landing.batches import accept, drop_stages, refuse
from pipeline.landing.counts import TableCount, read_counts
from pipeline.landing.land import land_source

__all__ = ["TableCount", "accept", "drop_stages", "land_source", "read_counts", "refuse"]
