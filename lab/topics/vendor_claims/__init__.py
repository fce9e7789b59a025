"""What vendors state beside what a run observed."""

from lab.topics.topic import Topic
from lab.topics.vendor_claims import measure, section, table

TOPIC = Topic("vendor_claims", table.VendorClaims, measure.vendor_claims_of, section.section)
