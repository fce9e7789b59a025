"""Answer caches: what they answered, and whether they may."""

from lab.topics.caching import measure, section, table
from lab.topics.topic import Topic

TOPIC = Topic("caching", table.Caching, measure.caching_of, section.section)
