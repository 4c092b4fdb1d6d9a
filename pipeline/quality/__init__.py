"""Gates: what must hold before anyone sees a figure. Judged by Great Expectations, kept in ``ops.gate_results``."""
