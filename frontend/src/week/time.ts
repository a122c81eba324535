// The hours of a week as numbers: minutes of a day, where hours stand side by side, and what a key or a drag
// makes of them. Nothing here touches a page.

export const DAY = 1440;
export const STEP = 15;

/** Hours in a column; `end` may be after midnight. */
export interface Span {
  column: number;
  start: number;
  end: number;
}

export const snap = (minutes: number): number => Math.round(minutes / STEP) * STEP;

/** A sentence with its parts: %1, %2 …, or %s for the only one. */
export function fill(text: string, ...parts: string[]): string {
  return parts.reduce((said, part, n) => said.replace(`%${n + 1}`, part), text.replace("%s", parts[0] ?? ""));
}

/** Minutes of a time as people type it; null when it is none. The server reads the same. */
export function minutesOf(typed: string | undefined): number | null {
  const found = /^(\d{1,2})(?:[:.h]?([0-5]\d))?\s*([ap])?\.?m?\.?$/.exec((typed ?? "").trim().toLowerCase());
  if (!found) return null;
  let hour = Number(found[1]);
  if (found[3] && hour >= 1 && hour <= 12) hour = (hour % 12) + (found[3] === "p" ? 12 : 0);
  const minutes = hour * 60 + Number(found[2] ?? 0);
  return minutes <= DAY ? minutes : null;
}

/** Minutes as a clock shows them; after midnight those of the next day. */
export function clock(minutes: number): string {
  const told = minutes > DAY ? minutes - DAY : minutes;
  return `${String(Math.floor(told / 60)).padStart(2, "0")}:${String(told % 60).padStart(2, "0")}`;
}

/** The lane of each piece of a day, so that none covers another, and how many lanes there are. */
export function lanesOf(pieces: { start: number; end: number }[]): { lane: number[]; count: number } {
  const until: number[] = [];
  const lane = pieces.map((piece) => {
    let free = until.findIndex((end) => end <= piece.start);
    if (free < 0) free = until.push(0) - 1;
    until[free] = piece.end;
    return free;
  });
  return { lane, count: until.length };
}

/** The first free hours of a day from nine on; null when the day is full. */
export function firstGap(there: { start: number; end: number }[]): { start: number; end: number } | null {
  const sorted = [...there].sort((a, b) => a.start - b.start);
  let start = 9 * 60;
  for (const one of sorted) {
    if (one.start < start + 60 && one.end > start) start = Math.ceil(one.end / STEP) * STEP;
  }
  if (start + 60 > DAY) return null;
  const next = sorted.find((one) => one.start >= start)?.start ?? DAY;
  return { start, end: Math.min(next, sorted.length ? start + 120 : 17 * 60) };
}

/** What an arrow makes of hours: a step earlier or later, with Shift the end, or the next column. */
export function arrowMoved(span: Span, key: string, shift: boolean, forward: 1 | -1): Span | null {
  let { column, start, end } = span;
  switch (key) {
    case "ArrowDown":
      if (shift) end = Math.min(end + STEP, start + DAY);
      else if (start + STEP < DAY) [start, end] = [start + STEP, end + STEP];
      break;
    case "ArrowUp":
      if (shift) end = Math.max(end - STEP, start + STEP);
      else if (start >= STEP) [start, end] = [start - STEP, end - STEP];
      break;
    case "ArrowRight":
      column += forward;
      break;
    case "ArrowLeft":
      column -= forward;
      break;
    default:
      return null;
  }
  return { column, start, end };
}

/** Hours drawn from one moment to another, both in minutes from the first column's midnight. */
export function drawn(from: number, at: number): Span | null {
  const column = Math.floor(from / DAY);
  const to = Math.min(Math.max(snap(at), column * DAY), (column + 2) * DAY - STEP);
  const first = Math.min(from, to) - column * DAY;
  const last = Math.max(from, to) - column * DAY;
  return last - first >= STEP ? { column, start: first, end: Math.min(last, first + DAY) } : null;
}

/** Hours whose middle, start or end was dragged to a moment; `grab` is how far from the start they were taken. */
export function dragged(
  span: Span,
  kind: "move" | "start" | "end",
  at: number,
  grab: number,
  columns: number,
  wraps: boolean,
): Span {
  const { column, start, end } = span;
  const here = snap(at) - column * DAY;
  if (kind === "end") {
    const wrapped = here < 0 && wraps ? here + columns * DAY : here;
    return { column, start, end: Math.min(start + DAY, Math.max(start + STEP, wrapped)) };
  }
  if (kind === "start") return { column, start: Math.min(end - STEP, DAY - STEP, Math.max(0, here)), end };
  const length = end - start;
  const wanted = snap(at - grab);
  const into = Math.min(columns - 1, Math.max(0, Math.floor(wanted / DAY)));
  let begins = Math.min(DAY - STEP, Math.max(0, wanted - into * DAY));
  if (at < (into + 1) * DAY && end <= DAY) begins = Math.min(begins, DAY - length);
  return { column: into, start: begins, end: begins + length };
}
