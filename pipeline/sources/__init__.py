"""Sources: folders of CSV or Parquet files and databases, read in chunks of text through a mapping."""

from pipeline.sources.base import Chunk, ColumnFormat, Source, UnreadableRow
from pipeline.sources.mapped import MappedSource, open_source
from pipeline.sources.mapping_file import SHIPPED, find_mapping, load_mapping
from pipeline.sources.preview import TablePreview, preview

__all__ = [
    "SHIPPED",
    "Chunk",
    "ColumnFormat",
    "MappedSource",
    "Source",
    "TablePreview",
    "UnreadableRow",
    "find_mapping",
    "load_mapping",
    "open_source",
    "preview",
]
