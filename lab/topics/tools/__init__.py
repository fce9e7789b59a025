"""What became of tools on offer, of tool calls and their results."""

from lab.topics.tools import checks, measure, section, table
from lab.topics.topic import Topic

__all__ = ["TOPIC", "checks"]

TOPIC = Topic("toolsets", table.Toolsets, measure.toolsets_of, section.section)
