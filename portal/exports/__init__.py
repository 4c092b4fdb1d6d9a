"""Reports as files: rows to CSV, XLSX and PDF, charts to SVG and PNG."""
