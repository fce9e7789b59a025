"""What the model got: what a model server makes of the requests that it is handed."""

from lab.topics.model_input import checks, measure, section, table
from lab.topics.topic import Topic

__all__ = ["TOPIC", "checks"]

TOPIC = Topic("model_input", table.ModelInputs, measure.model_inputs_of, section.section)
