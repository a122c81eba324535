// What the server says of the calendar, and what is asked of it.

import { plus } from "./wall";

export interface Column {
  id: string;
  title: string;
  type: string;
  units: number;
  location: string;
}

export interface Booking {
  id: string;
  resource_ids: string[];
  linked_ids?: string[];
  linked?: string;
  start: string;
  end: string;
  starts_at: string;
  ends_at: string;
  label: string;
  status: string;
  title: string;
  who: string;
  revision: number;
  movable: boolean;
  resizable: boolean;
  why_not?: string;
  before?: number;
  after?: number;
  units?: Record<string, number>;
  in_series?: boolean;
  fold?: 1;
  end_fold?: 1;
}

export interface Span {
  resource_id: string;
  start: string;
  end: string;
  code?: string;
  label?: string;
  layout?: string;
}

export interface Agenda {
  now: { local: string };
  events: Booking[];
  turnovers: Span[];
  closed: Span[];
}

export interface Offer {
  id: string;
  title: string;
  minutes: number[];
}

export interface Page {
  columns: Column[];
  first: string;
  last: string;
  days: number;
  view: string;
  org: string;
  writes: boolean;
  now: string;
  place: number; // of the newest event when this was read
}

export interface Change {
  from_resource_id: string;
  resource_id?: string;
  local_start?: string;
  local_end?: string;
  fold?: number;
  end_fold?: number;
  revision?: number;
}

/** How long it is, whatever the clocks do meanwhile. */
export function lasts(booking: Booking): number {
  return Date.parse(booking.ends_at) - Date.parse(booking.starts_at);
}

/** The start moved on the wall; the second of two hours stays the second. The end is left out: it lasts as long. */
export function startMoved(booking: Booking, by: number): Pick<Change, "local_start" | "fold"> {
  return { local_start: plus(booking.start, by), fold: booking.fold ?? 0 };
}

/** The end moved on the wall from where it is, however long it is drawn. */
export function endMoved(booking: Booking, by: number): Pick<Change, "local_end" | "end_fold"> {
  return { local_end: plus(booking.end, by), end_fold: booking.end_fold ?? 0 };
}

interface InTheWay {
  who: string;
  title: string;
  label: string;
}

/** The server's refusal: the sentence that people read, and the fields that it names. */
export class Refused extends Error {
  constructor(
    sentence: string,
    readonly fields: { path: string; sentence: string }[] = [],
  ) {
    super(sentence);
  }
}

export class Server {
  readonly #org: string;
  readonly #csrf: string;

  constructor(org: string) {
    this.#org = org;
    this.#csrf = document.querySelector<HTMLMetaElement>("meta[name=csrf]")?.content ?? "";
  }

  async agenda(page: Page): Promise<Agenda> {
    const query = new URLSearchParams({ org: this.#org, start_date: page.first, end_date: page.last });
    for (const column of page.columns) query.append("resource_id", column.id);
    return this.#ask(`/api/calendar/events?${query}`);
  }

  async offers(column: string): Promise<Offer[]> {
    const query = new URLSearchParams({ org: this.#org, resource_id: column });
    return (await this.#ask<{ offers: Offer[] }>(`/api/calendar/offers?${query}`)).offers;
  }

  async move(id: string, change: Change): Promise<Booking | null> {
    return (await this.#ask<{ event: Booking | null }>(this.#address(`/${id}`), "PATCH", change)).event;
  }

  async create(wanted: object): Promise<Booking | null> {
    return (await this.#ask<{ event: Booking | null }>(this.#address(""), "POST", wanted)).event;
  }

  #address(rest: string): string {
    return `/api/calendar/bookings${rest}?org=${encodeURIComponent(this.#org)}`;
  }

  async #ask<T>(address: string, method = "GET", body?: object): Promise<T> {
    const headers: Record<string, string> = { accept: "application/json" };
    if (body) headers["content-type"] = "application/json";
    if (body && this.#csrf) headers["x-csrf-token"] = this.#csrf;
    const sent: RequestInit = { method, headers };
    if (body) sent.body = JSON.stringify(body);
    const answer = await fetch(address, sent);
    const said = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Refused(sentence(said), said.errors);
    return said as T;
  }
}

function sentence(said: {
  detail?: string;
  reasons?: { sentence: string }[];
  in_the_way?: InTheWay[];
  errors?: { sentence: string }[];
}): string {
  const reasons = (said.reasons ?? said.errors ?? []).map((reason) =>
    reason.sentence.replace(/^Value error, /, ""),
  );
  const first = reasons.length ? [...new Set(reasons)].join(" ") : (said.detail ?? "");
  const way = (said.in_the_way ?? [])
    .slice(0, 3)
    .map((one) => [one.who, one.title, one.label].filter(Boolean).join(", "));
  return [first, ...way].join(" · ");
}
