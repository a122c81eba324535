import assert from "node:assert/strict";
import { test } from "node:test";
import { between, field, plus, read, rounded, write } from "../src/calendar/wall";

test("wall time is reckoned where no hour is skipped or comes twice", () => {
  assert.equal(write(read("2026-03-29T02:30:00")), "2026-03-29T02:30:00");
  assert.equal(plus("2026-10-25T01:30:00", 3_600_000), "2026-10-25T02:30:00");
  assert.equal(between("2026-12-31T23:00:00", "2027-01-01T01:00:00"), 2 * 3_600_000);
});

test("a minute is rounded up, and a field takes no seconds", () => {
  assert.equal(rounded("2026-11-24T08:31:00", 15), "2026-11-24T08:45:00");
  assert.equal(rounded("2026-11-24T08:30:00", 15), "2026-11-24T08:30:00");
  assert.equal(field("2026-11-24T08:30:00"), "2026-11-24T08:30");
});
