"""Drafting a mapping for a source that nobody has described: from its headers, and from a sample of what stands below them."""

from pipeline.sources.draft.draft import Draft, draft_mapping

__all__ = ["Draft", "draft_mapping"]
