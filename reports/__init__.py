"""Reports: what a run learned, as HTML, Markdown and JSON, and stand-alone reproducer scripts. Reads findings only."""

from ulpfuzz.reports.model import Report, build
from ulpfuzz.reports.writer import FORMATS, ReportError, write

__all__ = ["FORMATS", "Report", "ReportError", "build", "write"]
