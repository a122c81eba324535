// The agenda as the calendar draws it: one event for each column that a booking takes, and the grounds behind.

import type { Calendar } from "@event-calendar/core";
import { lasts, type Agenda, type Booking, type Column, type Page, type Span } from "./api";
import { between, plus } from "./wall";

const MINUTE = 60_000;
const SHORT = 45 * MINUTE;

export interface Words {
  [key: string]: string;
}

/** A booking in one of its columns. */
export interface Placed {
  booking: Booking;
  column: string;
}

export function placeOf(event: Calendar.Event | Calendar.EventInput): Placed {
  return event.extendedProps as unknown as Placed;
}

export function idOf(booking: string, column: string): string {
  return `${booking}@${column}`;
}

export function events(agenda: Agenda, page: Page, words: Words): Calendar.EventInput[] {
  const shown = new Set(page.columns.map((column) => column.id));
  const found: Calendar.EventInput[] = agenda.closed.map((span) =>
    ground(span, `closed ${span.code}`, span.label),
  );
  for (const span of agenda.turnovers) {
    found.push(ground(span, "turnover", span.layout ? `${words.turnover}: ${span.layout}` : words.turnover));
  }
  for (const booking of agenda.events) {
    for (const column of booking.resource_ids)
      if (shown.has(column)) found.push(...ofBooking(booking, column, words));
  }
  return found;
}

/** A line at the organization's present moment, whatever the device's clock and zone say. */
export function nowLine(columns: Column[], local: string): Calendar.EventInput {
  return {
    id: "now",
    start: local,
    end: plus(local, 2 * MINUTE),
    display: "background",
    resourceIds: columns.map((column) => column.id),
    classNames: ["now"],
  };
}

/** How long a booking is drawn: where the clocks go back inside it, as long as it lasts. */
export function drawnEnd(booking: Booking): string {
  if (between(booking.start, booking.end) > 0) return booking.end;
  return plus(booking.start, lasts(booking));
}

function ofBooking(booking: Booking, column: string, words: Words): Calendar.EventInput[] {
  const linked = booking.linked_ids?.includes(column) ?? false;
  const free = booking.movable && !linked;
  const found: Calendar.EventInput[] = [
    {
      id: idOf(booking.id, column),
      start: booking.start,
      end: drawnEnd(booking),
      title: booking.title,
      resourceIds: [column],
      startEditable: free,
      durationEditable: free && booking.resizable,
      classNames: ["booking", booking.status, linked ? "linked" : "", free ? "" : "fixed"].filter(Boolean),
      extendedProps: { booking, column },
    },
  ];
  const around = (start: string, end: string) =>
    ground({ resource_id: column, start, end }, "buffer", words.buffer);
  if (booking.before) found.push(around(plus(booking.start, -booking.before * MINUTE), booking.start));
  if (booking.after) found.push(around(drawnEnd(booking), plus(drawnEnd(booking), booking.after * MINUTE)));
  return found;
}

function ground(span: Span, kind: string, label = ""): Calendar.EventInput {
  return {
    start: span.start,
    end: span.end,
    display: "background",
    resourceIds: [span.resource_id],
    classNames: kind.split(" "),
    extendedProps: { label },
  };
}

/** What stands in an event: as nodes, so that nobody's name is read as HTML. */
export function content(
  info: Calendar.EventContentInfo,
  titles: Map<string, string>,
  words: Words,
): Calendar.Content {
  const { event } = info;
  if (event.display === "background") {
    const label = (event.extendedProps as { label?: string }).label;
    return { domNodes: label ? [node("small", label)] : [] };
  }
  const { booking, column } = placeOf(event);
  if (!booking) return { domNodes: [node("span", info.timeText)] };
  const told = event.display === "preview" ? info.timeText : booking.label;
  const box = node("div", "", +event.end - +event.start < SHORT ? "about short" : "about");
  const linked = booking.linked_ids?.includes(column) ?? false;
  const mark = linked ? words.linked : words[booking.status];
  if (mark && booking.status !== "confirmed") box.append(node("i", mark), " ");
  else if (linked) box.append(node("i", words.linked ?? ""), " ");
  const who = booking.who || booking.title;
  const units = booking.units?.[column];
  box.append(node("b", units ? `${who} × ${units}` : who), " ", node("span", told, "when"));
  const here = titles.get(column) ?? "";
  if (booking.who && booking.title !== here) box.append(" ", node("span", booking.title, "what"));
  const why = linked ? booking.linked : booking.why_not;
  box.append(node("span", `, ${here}${why ? `. ${why}` : ""}`, "only-heard"));
  return { domNodes: [box] };
}

function node(name: string, text = "", kind = ""): HTMLElement {
  const made = document.createElement(name);
  made.textContent = text;
  if (kind) made.className = kind;
  return made;
}
