"""python-dateutil's occurrences for the tests of calendars, written to test/fixtures/dateutil/recurrences.json.

python3 scripts/reference/recurrences.py, with python-dateutil; its version is part of the output.

The rules of RFC 5545, section 3.8.5.3, by hours and days, and others drawn at random. `utc` is what the times are in UTC by the clocks
of New York, daylight saving included. dateutil leaves a start out that does not fit its rule; by RFC 5545 it is the first
occurrence all the same, so it is put in front.
"""
import json
import random
from datetime import datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import dateutil
from dateutil.rrule import rrulestr

ZONE = ZoneInfo("America/New_York")
MOST = 24
RFC = [
    ("19970902T090000", "FREQ=DAILY;COUNT=10"),
    ("19970902T090000", "FREQ=DAILY;UNTIL=19971224T000000Z"),
    ("19970902T090000", "FREQ=DAILY;INTERVAL=2"),
    ("19970902T090000", "FREQ=DAILY;INTERVAL=10;COUNT=5"),
    ("19980101T090000", "FREQ=YEARLY;UNTIL=20000131T140000Z;BYMONTH=1;BYDAY=SU,MO,TU,WE,TH,FR,SA"),
    ("19980101T090000", "FREQ=DAILY;UNTIL=20000131T140000Z;BYMONTH=1"),
    ("19970902T090000", "FREQ=WEEKLY;COUNT=10"),
    ("19970902T090000", "FREQ=WEEKLY;UNTIL=19971224T000000Z"),
    ("19970902T090000", "FREQ=WEEKLY;INTERVAL=2;WKST=SU"),
    ("19970902T090000", "FREQ=WEEKLY;UNTIL=19971007T000000Z;WKST=SU;BYDAY=TU,TH"),
    ("19970902T090000", "FREQ=WEEKLY;COUNT=10;WKST=SU;BYDAY=TU,TH"),
    ("19970901T090000", "FREQ=WEEKLY;INTERVAL=2;UNTIL=19971224T000000Z;WKST=SU;BYDAY=MO,WE,FR"),
    ("19970902T090000", "FREQ=WEEKLY;INTERVAL=2;COUNT=8;WKST=SU;BYDAY=TU,TH"),
    ("19970905T090000", "FREQ=MONTHLY;COUNT=10;BYDAY=1FR"),
    ("19970905T090000", "FREQ=MONTHLY;UNTIL=19971224T000000Z;BYDAY=1FR"),
    ("19970907T090000", "FREQ=MONTHLY;INTERVAL=2;COUNT=10;BYDAY=1SU,-1SU"),
    ("19970922T090000", "FREQ=MONTHLY;COUNT=6;BYDAY=-2MO"),
    ("19970928T090000", "FREQ=MONTHLY;BYMONTHDAY=-3"),
    ("19970902T090000", "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=2,15"),
    ("19970930T090000", "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=1,-1"),
    ("19970910T090000", "FREQ=MONTHLY;INTERVAL=18;COUNT=10;BYMONTHDAY=10,11,12,13,14,15"),
    ("19970902T090000", "FREQ=MONTHLY;INTERVAL=2;BYDAY=TU"),
    ("19970610T090000", "FREQ=YEARLY;COUNT=10;BYMONTH=6,7"),
    ("19970310T090000", "FREQ=YEARLY;INTERVAL=2;COUNT=10;BYMONTH=1,2,3"),
    ("19970101T090000", "FREQ=YEARLY;INTERVAL=3;COUNT=10;BYYEARDAY=1,100,200"),
    ("19970519T090000", "FREQ=YEARLY;BYDAY=20MO"),
    ("19970512T090000", "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO"),
    ("19970313T090000", "FREQ=YEARLY;BYMONTH=3;BYDAY=TH"),
    ("19970605T090000", "FREQ=YEARLY;BYDAY=TH;BYMONTH=6,7,8"),
    ("19970902T090000", "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13"),
    ("19970913T090000", "FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13"),
    ("19961105T090000", "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8"),
    ("19970904T090000", "FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3"),
    ("19970929T090000", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2"),
    ("19970902T090000", "FREQ=DAILY;BYHOUR=9,10,11,12,13,14,15,16;BYMINUTE=0,20,40"),
    ("19970805T090000", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO"),
    ("19970805T090000", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU"),
    ("20070115T090000", "FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5"),
    ("20240229T090000", "FREQ=YEARLY"),
    ("20240131T090000", "FREQ=MONTHLY"),
    ("20240310T023000", "FREQ=DAILY;COUNT=5"),
    ("20241102T013000", "FREQ=DAILY;COUNT=5"),
    ("19970902T090000", "FREQ=HOURLY;INTERVAL=3;UNTIL=19970902T210000Z"),
    ("20241102T221500", "FREQ=HOURLY"),
    ("20241102T221500", "FREQ=HOURLY;INTERVAL=5;COUNT=20"),
    ("20241102T221500", "FREQ=HOURLY;INTERVAL=36"),
    ("20241102T221500", "FREQ=HOURLY;BYHOUR=22,23,0,1;BYMINUTE=0,30;BYDAY=SA,SU"),
    ("20241102T221500", "FREQ=HOURLY;INTERVAL=7;BYMONTHDAY=1,-1;BYMONTH=1,2,3"),
    ("20241102T221500", "FREQ=HOURLY;INTERVAL=12;BYYEARDAY=1,-1,100"),
    ("20241102T221500", "FREQ=HOURLY;INTERVAL=6;BYMINUTE=10,20,40;BYSETPOS=1,-1"),
]
DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]


def draw(rng):
    some = lambda choices, most: ",".join(map(str, rng.sample(choices, rng.randint(1, most))))
    frequency = rng.choice(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"])
    parts = [f"FREQ={frequency}", f"INTERVAL={rng.choice([1, 1, 1, 2, 3, 5])}"]
    if rng.random() < 0.3:
        parts.append(f"BYMONTH={some(range(1, 13), 5)}")
    if frequency != "WEEKLY" and rng.random() < 0.4:
        parts.append(f"BYMONTHDAY={some([*range(1, 32), -1, -2, -3, -30], 6)}")
    weeks = frequency == "YEARLY" and rng.random() < 0.3
    if weeks:
        parts.append(f"BYWEEKNO={some([*range(1, 54), -1], 8)}")
    elif frequency == "YEARLY" and rng.random() < 0.2:
        parts.append(f"BYYEARDAY={some([*range(1, 367), -1, -100, -366], 20)}")
    if weeks or rng.random() < 0.5:
        counted = frequency in ("MONTHLY", "YEARLY") and not weeks and rng.random() < 0.5
        days = [f"{rng.choice([1, 2, 3, -1, -2, 5])}{day}" for day in DAYS] if counted else DAYS
        parts.append(f"BYDAY={some(days, 4)}")
    if rng.random() < 0.3:
        parts.append(f"BYHOUR={some(range(24), 3)}")
    if rng.random() < 0.2:
        parts.append(f"BYMINUTE={some(range(60), 2)}")
    if frequency in ("MONTHLY", "YEARLY") and rng.random() < 0.3:
        parts.append(f"BYSETPOS={some([1, 2, 3, -1, -2], 2)}")
    if rng.random() < 0.3:
        parts.append(f"WKST={rng.choice(DAYS)}")
    start = datetime(2015, 1, 1) + timedelta(minutes=rng.randrange(5 * 365 * 24 * 4) * 15)
    return start.strftime("%Y%m%dT%H%M%S"), ";".join(parts)


def expand(start, rule):
    first = datetime.strptime(start, "%Y%m%dT%H%M%S")
    # UNTIL is in UTC and dateutil's start is not: as a local time it means the same.
    parts = dict(part.split("=") for part in rule.split(";"))
    if "UNTIL" in parts:
        until = datetime.strptime(parts["UNTIL"], "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc)
        parts["UNTIL"] = until.astimezone(ZONE).strftime("%Y%m%dT%H%M%S")
    local = ";".join("=".join(part) for part in parts.items())
    end = first + timedelta(days=4 * 366 + 30)
    fitting = rrulestr(local, dtstart=first).between(first, end, inc=True)
    times = sorted({first, *fitting})[:MOST]
    return {
        "start": start,
        "rule": rule,
        "local": [time.strftime("%Y%m%dT%H%M%S") for time in times],
        # zoneinfo takes a time that does not exist by the clocks before it, and the first of two: as RFC 5545 does.
        "utc": [time.replace(tzinfo=ZONE).astimezone(timezone.utc).strftime("%Y%m%dT%H%M%SZ") for time in times],
        # None where MOST cut it.
        "end": end.strftime("%Y%m%dT%H%M%S") if len(times) < MOST else None,
    }


rng = random.Random(5545)
result = {
    "madeBy": "scripts/reference/recurrences.py",
    "dateutil": dateutil.__version__,
    "zone": "America/New_York",
    "rules": [expand(*each) for each in RFC + [draw(rng) for _ in range(300)]],
}
path = Path(__file__).parents[2] / "test/fixtures/dateutil/recurrences.json"
path.parent.mkdir(exist_ok=True)
path.write_text(json.dumps(result, separators=(",", ":")).replace('{"start"', '\n{"start"') + "\n")
