"""What each pair of a client's wire and a provider's wire keeps, plain and streamed."""

from lab.topics.topic import Topic
from lab.topics.wire_pairs import measure, section, table

TOPIC = Topic("wire_pairs", table.WirePairs, measure.wire_pairs_of, section.section)
