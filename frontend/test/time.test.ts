import assert from "node:assert/strict";
import { test } from "node:test";
import { DAY, arrowMoved, clock, dragged, drawn, fill, firstGap, lanesOf, minutesOf } from "../src/week/time";

const at = (hour: number, minute = 0) => hour * 60 + minute;

test("a time is read as people type it, and nothing else is", () => {
  const times = {
    "9": 9,
    "09:00": 9,
    "9.30": 9.5,
    "930": 9.5,
    "9h15": 9.25,
    "5 pm": 17,
    "12am": 0,
    "12 p.m.": 12,
  };
  for (const [typed, hours] of Object.entries(times)) assert.equal(minutesOf(typed), hours * 60, typed);
  assert.equal(minutesOf(" 24:00 "), DAY);
  for (const typed of ["", "soon", "24:15", "9:75", "-1", undefined])
    assert.equal(minutesOf(typed), null, typed);
});

test("a clock shows hours after midnight as those of the next day", () => {
  assert.deepEqual([0, at(9, 5), DAY, DAY + at(2)].map(clock), ["00:00", "09:05", "24:00", "02:00"]);
});

test("a sentence takes its parts by number, or the only one", () => {
  assert.equal(fill("%1, %2–%3", "Monday", "09:00", "10:00"), "Monday, 09:00–10:00");
  assert.equal(fill("Add hours on %s", "Monday"), "Add hours on Monday");
});

test("hours that overlap stand side by side, those that abut in one lane", () => {
  const pieces = [
    { start: 0, end: 60 },
    { start: 30, end: 90 },
    { start: 60, end: 120 },
    { start: 90, end: 100 },
  ];
  assert.deepEqual(lanesOf(pieces), { lane: [0, 1, 0, 1], count: 2 });
  assert.deepEqual(lanesOf([]), { lane: [], count: 0 });
});

test("hours are added in the first gap from nine on", () => {
  assert.deepEqual(firstGap([]), { start: at(9), end: at(17) });
  assert.deepEqual(firstGap([{ start: at(9), end: at(10, 20) }]), { start: at(10, 30), end: at(12, 30) });
  const between = [
    { start: at(12), end: at(13) },
    { start: at(9), end: at(10) },
  ];
  assert.deepEqual(firstGap(between), { start: at(10), end: at(12) });
  assert.equal(firstGap([{ start: 0, end: DAY }]), null);
});

test("arrows move hours by a quarter, with Shift their end, and to the next column", () => {
  const span = { column: 2, start: at(9), end: at(10) };
  assert.deepEqual(arrowMoved(span, "ArrowDown", false, 1), { column: 2, start: at(9, 15), end: at(10, 15) });
  assert.deepEqual(arrowMoved(span, "ArrowUp", true, 1), { column: 2, start: at(9), end: at(9, 45) });
  assert.deepEqual(arrowMoved(span, "ArrowRight", false, -1), { ...span, column: 1 });
  assert.equal(arrowMoved(span, "a", false, 1), null);
  const short = { column: 0, start: 0, end: 15 };
  assert.deepEqual(arrowMoved(short, "ArrowUp", false, 1), short);
  assert.deepEqual(arrowMoved(short, "ArrowUp", true, 1), short);
  const whole = { column: 0, start: 0, end: DAY };
  assert.deepEqual(arrowMoved(whole, "ArrowDown", true, 1), whole);
});

test("drawing up or down, over midnight, and too little", () => {
  assert.deepEqual(drawn(at(9), at(11, 2)), { column: 0, start: at(9), end: at(11) });
  assert.deepEqual(drawn(DAY + at(9), DAY + at(7)), { column: 1, start: at(7), end: at(9) });
  assert.deepEqual(drawn(at(22), DAY + at(2)), { column: 0, start: at(22), end: DAY + at(2) });
  assert.equal(drawn(at(9), at(9, 4)), null);
  assert.equal(drawn(DAY + at(1), at(20))?.start, 0, "not above its own column");
});

test("dragging hours keeps their length and stays in the week", () => {
  const span = { column: 1, start: at(9), end: at(11) };
  const move = (to: number) => dragged(span, "move", to, 0, 7, true);
  assert.deepEqual(move(3 * DAY + at(14)), { column: 3, start: at(14), end: at(16) });
  assert.deepEqual(move(-500), { column: 0, start: 0, end: at(2) });
  assert.equal(move(DAY + at(23, 30)).end, DAY, "whole in its day while the pointer is in it");
  assert.deepEqual(dragged(span, "end", 2 * DAY + at(1), 0, 7, true).end, DAY + at(1));
  assert.deepEqual(dragged(span, "end", DAY, 0, 7, true).end, at(9, 15), "a quarter is left");
  assert.deepEqual(dragged(span, "start", DAY + at(12), 0, 7, true).start, at(10, 45));
  const sunday = { column: 6, start: at(22), end: at(23) };
  assert.equal(dragged(sunday, "end", at(2), 0, 7, true).end, DAY + at(2), "over the end of the week");
  assert.equal(dragged(sunday, "end", at(2), 0, 7, false).end, at(22, 15), "a date does not come round");
});
