"""The vocabulary of generated payloads: a freight company's services, people, places and things."""

from __future__ import annotations

from functools import lru_cache
from random import Random

from lab.scenarios.payloads.parts import drawing, shift

SERVICES = (
    "ledger-sync", "invoice-export", "rate-quoter", "dock-planner", "customs-desk", "parcel-tracker",
    "claims-intake", "fleet-gps", "tariff-store", "notify-hub", "cold-chain", "driver-roster", "yard-gate",
    "label-printer", "refund-desk", "route-solver", "berth-booking", "stock-count", "audit-trail", "fx-rates",
)  # fmt: skip
AREAS = ("services", "packages", "apps", "workers", "libs")
LAYERS = ("src/handlers", "src/queue", "src/store", "src/api", "internal/sync", "src/domain", "lib/checks")
STEMS = (
    "refund_window", "weight_bands", "manifest_parser", "gate_log", "quote_cache", "carrier_map",
    "pallet_split", "duty_table", "shift_swap", "reefer_probe", "label_batch", "berth_lock", "route_cost",
    "claim_form", "invoice_lines", "stock_delta", "ping_filter", "toll_rules", "proof_upload", "slot_finder",
    "vat_report", "crew_hours", "scan_events", "price_floor",
)  # fmt: skip
EXTENSIONS = ("ts", "py", "go", "ts", "py", "tsx")
NOUNS = (
    "manifest", "pallet", "tariff", "berth", "invoice", "parcel", "waybill", "roster", "gate", "claim",
    "refund", "quote", "route", "probe", "label", "ledger", "voucher", "trailer", "customs", "depot",
    "carrier", "driver", "scan", "toll",
)  # fmt: skip
VERBS = (
    "drain", "settle", "split", "rebuild", "verify", "publish", "collect", "reserve", "release", "archive",
    "replay", "merge", "rank", "notify", "audit", "refresh", "expire", "balance",
)  # fmt: skip
SETTINGS = (
    "timeout_ms", "batch_rows", "retry_pause_ms", "queue_depth", "max_open", "cache_seconds", "page_rows",
    "grace_ms", "poll_ms", "window_rows", "burst_limit", "stale_after_s", "lock_ttl_ms", "flush_rows",
    "backoff_ms", "worker_slots", "chunk_bytes", "lease_s", "sample_every", "keep_days", "warmup_ms",
    "spill_rows", "ping_ms", "drift_ms", "idle_s", "fanout", "shard_rows", "probe_s", "settle_ms", "cap_eur",
)  # fmt: skip
FIRST = (
    "Ingrid", "Tomasz", "Amara", "Yusuf", "Leila", "Mateo", "Priya", "Henrik", "Chiara", "Kwame", "Noor",
    "Bogdan", "Saoirse", "Rafael", "Mei", "Anselm", "Zanele", "Dmitri", "Fatima", "Oskar", "Lucia", "Hamza",
    "Greta", "Ravi",
)  # fmt: skip
LAST = (
    "Halvorsen", "Wieczorek", "Okafor", "Demir", "Haddad", "Quiroga", "Raman", "Lindqvist", "Bellini",
    "Mensah", "Rahimi", "Petrescu", "Gallagher", "Moreira", "Lin", "Vogel", "Dlamini", "Orlov", "Benali",
    "Nygaard", "Serra", "Malik", "Achterberg", "Iyer", "Castellan", "Brandvold",
)  # fmt: skip
PORTS = (
    "Rotterdam", "Gdansk", "Antwerp", "Valencia", "Trieste", "Gothenburg", "Piraeus", "Le Havre", "Constanta",
    "Felixstowe", "Bremerhaven", "Koper", "Algeciras", "Tallinn", "Genoa", "Zeebrugge",
)  # fmt: skip
REGIONS = ("eu-west-3", "eu-north-1", "eu-central-2", "uk-south-1", "me-central-1")
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
)  # fmt: skip
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


def code(draw: Random, length: int) -> str:
    """Letters and digits as they stand in identifiers, without those that look alike."""
    return "".join(draw.choices(LETTERS, k=length))


def name(seed: str, n: int, first: tuple[str, ...], second: tuple[str, ...], joint: str = "_") -> str:
    """The seed's n-th pair of two words; a number is added once all are used, so that none comes twice."""
    pairs = len(first) * len(second)
    place = (shift(seed) + n * 97) % pairs  # 97 divides no product of two lists: a round has every pair
    text = f"{first[place % len(first)]}{joint}{second[place // len(first)]}"
    return text if n < pairs else f"{text}{joint}{n // pairs + 1}"


def person(seed: str, n: int) -> str:
    """The seed's n-th person."""
    return name(seed, n, FIRST, LAST, " ")


@lru_cache(maxsize=4096)
def path(seed: str, n: int) -> str:
    """The path of the seed's n-th source file; it differs from all others."""
    draw = drawing(seed, "path", n)
    area, layer, extension = draw.choice(AREAS), draw.choice(LAYERS), draw.choice(EXTENSIONS)
    stem = name(seed, n, STEMS, tuple(noun for noun in NOUNS if noun not in {"gate", "claim", "label"}))
    return f"{area}/{draw.choice(SERVICES)}/{layer}/{stem}.{extension}"


def date(n: int) -> str:
    """A day of 2026 in ISO form, n days after its first, turning over."""
    day = n % 336
    return f"2026-{day // 28 + 1:02d}-{day % 28 + 1:02d}"
