"""Generated prose: a quarterly report with names, dates and amounts among what nobody asks for."""

from __future__ import annotations

from lab.scenarios.payloads import words
from lab.scenarios.payloads.parts import Piece, Shape, drawing, spread

# {who}, {day} and {amount} come in this order, and nothing else is declared.
_FACTS = (
    "{who} confirmed on {day} that {port} will be paid EUR {amount} for the idle berth.",
    "According to {who}, the audit of {day} left EUR {amount} of {noun} fees unexplained.",
    "{who} signed the {port} lease on {day} at EUR {amount} a year.",
    "For the {noun} programme {who} asked on {day} for EUR {amount}, less than the board expected.",
    "It was {who} who noticed on {day} that EUR {amount} had been booked to {port} twice.",
    "{who} closed the {noun} dispute on {day} for EUR {amount} and an apology.",
    "The insurer's letter to {who} of {day} puts the loss at EUR {amount}.",
    "{who} moved the {noun} review to {day} and froze EUR {amount} until then.",
    "In {port}, {who} accepted on {day} a credit of EUR {amount} from the crane operator.",
    "When {who} compared the ledgers on {day}, EUR {amount} of {noun} duty was missing.",
)
_OTHERS = (
    "Volumes through {port} were steady, with the usual dip when the {noun} season ends.",
    "Nobody in the {noun} team expects the new scanners before the summer.",
    "The night shift in {port} still writes its {noun} notes by hand, which works better than it sounds.",
    "Two customers asked whether the {noun} portal could show estimated rather than promised times.",
    "Weather closed the outer quay at {port} for most of a week, and the backlog took another to clear.",
    "A pilot with electric yard trucks continues; drivers like them, the charging plan less so.",
    "The {noun} forms were translated, and complaints about them have fallen to a handful.",
    "Staff turnover in {port} is lower than a year ago, though it is too early to say why.",
    "There is no agreement yet on who owns the {noun} dashboard once the consultants leave.",
    "Training for the {noun} desk moved online, and attendance rose.",
    "As before, {port} answers slowest when two feeders arrive on the same tide.",
    "The question of weekend {noun} checks was raised again and again put off.",
    "Carriers praise the quick {noun} answers and grumble about the parking.",
    "What the {noun} figures do not show is how much work the clerks in {port} do by telephone.",
    "A new cold store in {port} opened without ceremony and was full within days.",
    "Our partners would rather see fewer {noun} categories than better ones.",
    "Most delays began inland; the port of {port} was rarely the cause.",
    "The pallet pool changed hands, which so far has changed nothing else.",
    "Customs in {port} accepts electronic {noun} papers now, with a stamp on a printed copy.",
    "Meetings about the {noun} merger became shorter, which some take for a good sign.",
)
_HEADINGS = ("Operations", "Contracts", "Claims", "People", "Systems", "Outlook", "Ports", "Customers")
_SENTENCES = 6
_PARAGRAPHS = 3


def _sentence(seed: str, n: int, marked: bool) -> Piece:
    draw = drawing(seed, "prose", n)
    port, noun = draw.choice(words.PORTS), draw.choice(words.NOUNS)
    facts: tuple[tuple[str, ...], ...] = ()
    if marked:
        who = words.person(seed, n)
        day = f"{draw.randrange(1, 29)} {draw.choice(words.MONTHS)} 2026"
        amount = f"{spread(seed, n, 100_000, 999_983, 57_973):,}"
        text = draw.choice(_FACTS).format(who=who, day=day, amount=amount, port=port, noun=noun)
        facts = ((who, day, amount),)
    else:
        text = draw.choice(_OTHERS).format(port=port, noun=noun)
    paragraph, place = divmod(n, _SENTENCES)
    before = "" if place else "\n\n"
    if place == 0 and paragraph % _PARAGRAPHS == 0:
        before += f"## {draw.choice(_HEADINGS)}, part {paragraph // _PARAGRAPHS + 1}\n\n"
    return Piece(before + text, facts)


PROSE = Shape("prose", _sentence, head="# Freight desk, report on the second quarter", joint=" ", sparse=True)
