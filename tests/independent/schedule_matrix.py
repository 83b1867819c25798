#!/usr/bin/env python3
"""Prints what the matrix of schedules expects (engine/core/tests/schedules/matrix.tsv), worked out minute by minute.

It shares nothing with the product: the zones are Python's, and every minute is looked at for itself. A minute is planned if the clock on
the wall shows a time that the schedule names. Where the clock goes back, a minute that is shown for the first or the second time counts by
the word for overlaps. Where it jumps, the minutes that it left out are laid, one by one, on the minutes after the jump.

    python3 tests/independent/schedule_matrix.py > engine/core/tests/schedules/matrix.tsv
"""
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)

# zone: (day of the gap, a time within it), (day of the overlap, a time within it)
ZONES = {
    "Europe/Berlin": (("2026-03-29", "02:30"), ("2026-10-25", "02:30")),
    "America/New_York": (("2026-03-08", "02:30"), ("2026-11-01", "01:30")),
    "Australia/Lord_Howe": (("2026-10-04", "02:15"), ("2026-04-05", "01:45")),
    # the clock goes back for Ramadan and forward after it
    "Africa/Casablanca": (("2026-03-22", "02:30"), ("2026-02-15", "02:30")),
}
GAP = ["shift", "skip"]
OVERLAP = ["first", "last", "both"]
# downtime: how long before the time within the change it begins, and how long it lasts
DOWNTIMES = {
    "a minute": (timedelta(seconds=10), timedelta(minutes=1)),
    "a day": (timedelta(hours=12), DAY + 7 * MINUTE),
    "a month": (10 * DAY, 30 * DAY + 7 * MINUTE),
}
MISSED = ["skip", "once", "all"]
PUNCTUAL = timedelta(seconds=60)
MOST = 1000


def names(rhythm, time, shown):
    """Whether the schedule names what a clock shows: its cron expression, by hand."""
    hour, minute = map(int, time.split(":"))
    if rhythm == "every 15 minutes":
        return shown.minute % 15 == 0
    at = (shown.hour, shown.minute) == (hour, minute)
    return at and (rhythm == "daily" or shown.isoweekday() == 7)


def cron(rhythm, time):
    hour, minute = map(int, time.split(":"))
    return {
        "daily": f"{minute} {hour} * * *",
        "weekly": f"{minute} {hour} * * SUN",
        "every 15 minutes": "*/15 * * * *",
    }[rhythm]


def planned(zone, rhythm, time, gap, overlap, first, last):
    """Every planned minute from first to last, both in UTC."""
    found = set()
    minute = (first - 2 * DAY).replace(second=0)
    offset = minute.astimezone(zone).utcoffset()
    turned_back, jumped = [], []
    while minute <= last:
        local = minute.astimezone(zone)
        shown = local.replace(tzinfo=None)
        if local.utcoffset() > offset:
            jumped.append((minute, local.utcoffset() - offset))
        if local.utcoffset() < offset:
            turned_back.append((minute, offset - local.utcoffset()))
        offset = local.utcoffset()
        again = any(since <= minute < since + back for since, back in turned_back)
        # whether the clock will show the same once more: look at the minutes to come
        once_more = any(
            (minute + ahead * MINUTE).astimezone(zone).replace(tzinfo=None) == shown for ahead in (30, 60)
        )
        counts = {"first": not again, "last": not once_more, "both": True}[overlap]
        if counts and names(rhythm, time, shown):
            found.add(minute)
        if gap == "shift":
            for since, ahead in jumped:
                if since <= minute < since + ahead and names(rhythm, time, shown - ahead):
                    found.add(minute)
        minute += MINUTE
    return sorted(each for each in found if each >= first)


def text(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def told(moments, all_of_them=False):
    if not moments:
        return "-"
    if all_of_them:
        return " ".join(text(each) for each in moments)
    return f"{len(moments)} {text(moments[0])} {text(moments[-1])}"


def within_change(zone, day, time):
    """The moment at which the time within the change is due, however it is counted: the first one there is after midnight."""
    midnight = datetime.fromisoformat(day).replace(tzinfo=zone).astimezone(timezone.utc)
    hour, minute = map(int, time.split(":"))
    # counted on from midnight, as if the clock did not change
    return midnight + timedelta(hours=hour, minutes=minute)


def main():
    print("# planned: zone, change, rhythm, cron, word for the change, from, until, moments")
    print("# downtime: zone, change, rhythm, cron, missed, from, until, run, let go")
    for name, changes in ZONES.items():
        zone = ZoneInfo(name)
        for change, (day, time) in zip(("gap", "overlap"), changes):
            middle = within_change(zone, day, time)
            for rhythm, around in (("daily", DAY), ("weekly", 7 * DAY), ("every 15 minutes", timedelta(hours=2))):
                slack = timedelta(hours=2)
                first, last = middle - around - slack, middle + around + slack
                for word in GAP if change == "gap" else OVERLAP:
                    gap, overlap = (word, "first") if change == "gap" else ("shift", word)
                    moments = planned(zone, rhythm, time, gap, overlap, first, last)
                    cells = ["planned", name, change, rhythm, cron(rhythm, time), word, text(first), text(last)]
                    print("\t".join([*cells, told(moments, True)]))
                for down, (before, long) in DOWNTIMES.items():
                    begun = middle - before
                    now = begun + long
                    moments = [each for each in planned(zone, rhythm, time, "shift", "first", begun, now) if each > begun]
                    for missed in MISSED:
                        runs, gone = caught_up(missed, moments, now)
                        cells = ["downtime", name, change, rhythm, cron(rhythm, time), missed, text(begun), text(now)]
                        print("\t".join([*cells, told(runs), told(gone)]))


def caught_up(missed, moments, now):
    late = [each for each in moments if now - each > PUNCTUAL]
    on_time = [each for each in moments if now - each <= PUNCTUAL]
    if missed == "skip":
        return on_time, late
    if missed == "once":
        if on_time:
            return on_time, late
        return late[-1:], late[:-1]
    # more than so many at once are not made up for: the latest are
    return moments[-MOST:], moments[:-MOST]


main()
