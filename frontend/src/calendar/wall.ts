// Wall-clock time without a zone, as the server writes it: 2026-11-24T08:30:00. Reckoned in UTC, where no
// hour is skipped or comes twice; what it means on the organization's clocks only the server says.

const MINUTE = 60_000;

export function read(local: string): number {
  const [date = "", time = ""] = local.split("T");
  const [year = 0, month = 1, day = 1] = date.split("-").map(Number);
  const [hour = 0, minute = 0, second = 0] = time.split(":").map(Number);
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

export function write(at: number): string {
  return new Date(at).toISOString().slice(0, 19);
}

export function plus(local: string, milliseconds: number): string {
  return write(read(local) + milliseconds);
}

/** The minute, rounded up to the next multiple of `step`. */
export function rounded(local: string, step: number): string {
  const whole = step * MINUTE;
  return write(Math.ceil(read(local) / whole) * whole);
}

export function between(from: string, to: string): number {
  return read(to) - read(from);
}

/** As a datetime-local field takes it. */
export function field(local: string): string {
  return local.slice(0, 16);
}
