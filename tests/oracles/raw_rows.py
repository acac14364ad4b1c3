"""A made-up export with everything that is awkward about real ones."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

Record = dict[str, object]

START = datetime(2026, 1, 28)
ARMS = {
    "Banner": ("Control", "Challenger", "Extra"),
    "Subject line": ("A", "B", "C"),
    "Price": ("CONTROL", "Variant", "control"),
    "Alone": ("Only",),
}
NEVER_POSITIVE = {"Extra", "C"}
_CHANNELS = ("Web", "Web", "Mobile", "Email", "Branch", "", None)


def make_records(seed: int, offers: int = 2200, days: int = 7) -> list[Record]:
    """Outcomes of some offers.

    There are late and repeated clicks, two purchases in one interaction, rows of one offer at the very same time, rows
    without an id, with an id that is a text, without customer, channel, time of decision or score, scores of 0, of 1
    and outside, copies and copies that differ.
    """
    random = Random(seed)  # noqa: S311 - test data
    records: list[Record] = []
    interaction = ""
    customer = ""
    for number in range(offers):
        if number == 0 or random.random() < 0.6:
            interaction = "" if random.random() < 0.03 else str(random.randrange(1 << 60) - (1 << 59))
            customer = "" if random.random() < 0.06 else f"C-{int(180 * random.random() ** 2)}"
        base = _offer(random, interaction, customer, START + timedelta(seconds=random.randrange(days * 86_400)))
        records += _outcomes(random, base)
    records += [dict(record) for record in random.sample(records, len(records) // 20)]
    records += [_differing(random, record) for record in random.sample(records, len(records) // 30)]
    random.shuffle(records)
    return records


def stamp(moment: datetime) -> str:
    return moment.strftime("%Y%m%dT%H%M%S.") + f"{moment.microsecond // 1000:03d} GMT"


def _offer(random: Random, interaction: str, customer: str, decided: datetime) -> Record:
    """What all rows of an offer have in common, mostly."""
    channel = random.choice(_CHANNELS)
    experiment = random.choice([*ARMS, *ARMS, ""])
    arm = random.choice(ARMS.get(experiment, ("Control", "")))
    offer: Record = {
        "pxInteractionID": interaction,
        "pySubjectID": customer,
        "pyIssue": random.choice(["Sales", "Sales", "Service", ""]),
        "pyGroup": random.choice(["Cards", "Loans", "Loans", ""]),
        "pyName": random.choice("ABCDEFGH"),
        "pyChannel": channel,
        "pxRank": random.choice([1, 1, 2, 3, "", "2"]),
        "ModelControlGroup": random.choice(["Test", "Test", "Test", "Control", "Control", "", "Pilot"]),
        "ExperimentName": experiment,
        "ExperimentGroup": "" if random.random() < 0.05 else arm,
        "pxDecisionTime": random.choice([stamp(decided)] * 18 + ["", "later"]),
        "decided": decided,
        "pyPropensity": _score(random, channel),
        "FinalPropensity": random.choice([round(random.betavariate(2, 9), 2), "", 0.07]),
        "Priority": round(random.lognormvariate(1, 1), 6),
        "Value": 1e7 + random.gauss(0, 0.1),
        "Weight": random.choice([0, 0, 100, 100, "", round(random.random(), 3)]),
    }
    if random.random() < 0.9:
        offer["PlacementType"] = random.choice(["Hero", "Tile", "", None])
    if random.random() < 0.1:
        offer["CustomerID"] = random.choice([f"K-{random.randrange(5)}", None])
    return offer


def _score(random: Random, channel: str | None) -> object:
    """A score; in Mobile some are 0 or 1, in Branch some lie outside, and some are missing anywhere."""
    chance = random.random()
    if chance < 0.08:
        return random.choice(["", "", None, "NaN", "inf"])
    if channel == "Mobile" and chance < 0.16:
        return random.choice([0, 1, "0.0"])
    if channel == "Branch" and chance < 0.12:
        return random.choice([1.25, -0.5])
    return max(random.betavariate(1.2, 14), 1e-9)


def _outcomes(random: Random, base: Record) -> list[Record]:
    decided = base.pop("decided")
    assert isinstance(decided, datetime)
    score = base["pyPropensity"]
    appeal = 0.12 + (min(1.0, 3 * score) * 0.5 if isinstance(score, float) else 0)
    clicked = base["ExperimentGroup"] not in NEVER_POSITIVE and random.random() < appeal
    shown = decided + timedelta(milliseconds=random.randrange(20_000))
    rows = [_row(random, base, "Impression", shown)]
    if random.random() < 0.2:
        rows.append(_row(random, _changed(random, base), "Pending", shown - timedelta(seconds=random.choice([0, 3]))))
    if random.random() < 0.05:
        rows.append(_twin(random, rows[0], "Pending"))
    if random.random() < 0.1:
        rows.append(_row(random, base, "Hovered", shown + timedelta(seconds=1)))
    if clicked:
        late = timedelta(seconds=random.choice([4, 90, 86_400 * 2, 86_400 * 5]))
        rows.append(_row(random, _changed(random, base), "Clicked", shown + late))
        if random.random() < 0.15:
            rows.append(_twin(random, rows[-1], "Accepted"))
        if random.random() < 0.1:
            rows.append(_row(random, _changed(random, base), "Clicked", shown + 2 * late))
    if clicked and random.random() < 0.4:
        rows += [_purchase(random, base, shown) for _ in range(random.choice([1, 1, 2, 3]))]
    return rows


def _row(random: Random, base: Record, outcome: str, at: datetime) -> Record:
    numbered = str(random.randrange(1 << 62) - (1 << 61))
    fact = random.choice([numbered] * 6 + ["", f"f-{random.randrange(1 << 40)}"])
    return {**base, "pyOutcome": outcome, "pxOutcomeTime": stamp(at), "pxFactID": fact}


def _twin(random: Random, row: Record, outcome: str) -> Record:
    """Another outcome of the same offer at the very same time; both without an id, so that only their values differ."""
    row["pxFactID"] = ""
    return {**_changed(random, row), "pyOutcome": outcome}


def _purchase(random: Random, base: Record, shown: datetime) -> Record:
    row = _row(random, _changed(random, base), "Conversion", shown + timedelta(hours=random.choice([1, 30, 100])))
    revenue = random.choice([round(random.lognormvariate(4, 1), 2), round(random.random() * 10, 2), -12.5, "", "n/a"])
    return {**row, "Revenue": revenue, "ConversionEventID": random.choice(["E-1", "E-1", "E-2", "", None])}


def _changed(random: Random, base: Record) -> Record:
    """The same offer with other values in some columns that do not belong to its key."""
    others = {
        "pyChannel": random.choice(_CHANNELS),
        "pySubjectID": f"C-{random.randrange(180)}",
        "ModelControlGroup": random.choice(["Test", "Control", ""]),
        "ExperimentGroup": random.choice(["Control", ""]) if base["ExperimentGroup"] == "Control" else "",
        "pyPropensity": random.random() / 9,
        "FinalPropensity": round(random.random() / 3, 2),
        "PlacementType": random.choice(["Hero", "Strip"]),
        "Priority": random.random() * 9,
    }
    names = random.sample(sorted(others), random.choice([0, 1, 2, 4]))
    return {**base, **{name: others[name] for name in names}}


def _differing(random: Random, record: Record) -> Record:
    """A copy that differs: in a value, or in its time where another id says that it is the same row."""
    if not record["pxInteractionID"] and not record["pxFactID"]:
        return dict(record)
    copy = {**record, "Priority": random.choice([random.random(), 50, ""]), "pyChannel": random.choice(_CHANNELS)}
    if record["pxFactID"] and random.random() < 0.3:
        at = datetime.strptime(str(record["pxOutcomeTime"]), "%Y%m%dT%H%M%S.%f GMT")
        copy["pxOutcomeTime"] = stamp(at + timedelta(hours=random.choice([-30, 30])))
    return copy
