"""Tokens saved against facts kept."""

from lab.topics.compression import measure, section, table
from lab.topics.topic import Topic

TOPIC = Topic("compression", table.Compression, measure.compression_of, section.section)
