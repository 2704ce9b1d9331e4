"""What a person is shown: pages, tables, progress and summaries."""
