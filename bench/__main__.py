"""`make bench`: everything in one run, as ratios."""

import os
import platform
from datetime import date

from bench import calendar, consequences, engine, growth, offers, old_rows, reading, staff, writing
from bench.world import world

print(f"{date.today()}, {os.cpu_count()} cores, Python {platform.python_version()}, {platform.machine()}\n")
engine.run()
with world() as served:
    offers.run(served)
    reading.run(served)
    writing.run(served)
    writing.storm(served)
    print(f"(f) resident memory of the web process after this: {served.resident_mb():.0f} MB (target ≤ 200)")
with world() as served:
    growth.run(served)
with world() as served:
    calendar.run(served)
    staff.run(served)
with world() as served:
    consequences.run(served)
with world() as served:
    old_rows.run(served)
