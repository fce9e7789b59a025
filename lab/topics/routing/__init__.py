"""Which tier routers choose, and whether it was acceptable."""

from lab.topics.routing import measure, section, table
from lab.topics.topic import Topic

TOPIC = Topic("routing", table.Routing, measure.routing_of, section.section)
