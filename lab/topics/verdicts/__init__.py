"""Which scenarios pass, what went wrong, and how gravely."""

from lab.topics.topic import Topic
from lab.topics.verdicts import measure, section, table

TOPIC = Topic("verdicts", table.Verdicts, measure.verdicts_of, section.section)
