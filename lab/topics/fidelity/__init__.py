"""What of a request arrives changed, dropped or added."""

from lab.topics.fidelity import checks, measure, section, table
from lab.topics.topic import Topic

__all__ = ["TOPIC", "checks"]

TOPIC = Topic("fidelity", table.Fidelity, measure.fidelity_of, section.section)
