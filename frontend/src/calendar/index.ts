// The staff's calendar. The server owns every conversion of time: bookings come as its wall-clock times and
// go back as those times moved by what was dragged. Without this file the table of the same page does it all.

import {
  createCalendar,
  Interaction,
  ResourceTimeGrid,
  ResourceTimeline,
  type Calendar,
} from "@event-calendar/core";
import "../calendar.css";
import { endMoved, Server, startMoved, type Agenda, type Booking, type Change, type Page } from "./api";
import { MoveDialog, NewDialog } from "./dialogs";
import { content, events, idOf, nowLine, placeOf, type Words } from "./drawing";
import { Keys } from "./keys";
import { Moves } from "./moves";
import { filled, Saying } from "./saying";
import { mend } from "./roles";
import { plus, read, rounded } from "./wall";

const MINUTE = 60_000;

export class Board {
  readonly page: Page;
  readonly words: Words;
  readonly server: Server;
  readonly saying = new Saying();
  readonly titles: Map<string, string>;
  readonly ec: Calendar;
  readonly booking: MoveDialog;
  readonly fresh: NewDialog;
  agenda: Agenda = { now: { local: "" }, events: [], turnovers: [], closed: [] };
  #seen = "";
  #dragging = false;
  #cancelled = false;
  #late = false;
  #asked = 0;
  #latest: Promise<void> = Promise.resolve();
  readonly moves = new Moves(this);
  #now = { local: "", since: 0 };

  constructor(readonly root: HTMLElement) {
    this.page = JSON.parse(document.querySelector("#calendar-data")!.textContent!) as Page;
    this.words = { ...root.dataset } as Words;
    this.server = new Server(this.page.org);
    this.titles = new Map(this.page.columns.map((column) => [column.id, column.title]));
    this.#now = { local: this.page.now, since: performance.now() };
    this.booking = new MoveDialog(
      (booking, change) => this.moves.change(booking, change),
      `/${this.page.org}/bookings`,
    );
    this.fresh = new NewDialog(this.server, (wanted) => this.#create(wanted));
    this.ec = createCalendar(root, [ResourceTimeGrid, ResourceTimeline, Interaction], this.#options());
    mend(root, root.dataset.name ?? "");
  }

  get isTimeline(): boolean {
    return this.page.view === "timeline";
  }

  /** The organization's wall clock now: the server's, carried on by how long this page has been open. */
  now(): string {
    return plus(this.#now.local, performance.now() - this.#now.since);
  }

  find(id: string): Booking | undefined {
    return this.agenda.events.find((booking) => booking.id === id);
  }

  /** Look again and draw what changed; never under a drag, and the focus stays where it is. Whoever waits for
   * it waits for the newest look: what is done next begins from what that one found. */
  refresh(): Promise<void> {
    this.#latest = this.#look(++this.#asked);
    return this.#latest;
  }

  async #look(asked: number): Promise<void> {
    if (this.#dragging) {
      this.#late = true;
      return;
    }
    const agenda = await this.server.agenda(this.page);
    if (asked !== this.#asked) return this.#latest;
    if (this.#dragging) {
      this.#late = true;
      return;
    }
    this.#now = { local: agenda.now.local, since: performance.now() };
    this.agenda = agenda;
    const seen = JSON.stringify([agenda.events, agenda.turnovers, agenda.closed]);
    if (seen !== this.#seen) this.draw();
    this.#seen = seen;
    this.root.dataset.loaded = String(Number(this.root.dataset.loaded ?? 0) + 1);
  }

  draw(): void {
    const focused = (document.activeElement as HTMLElement | null)?.closest<HTMLElement>(".ec-event")?.dataset
      .id;
    this.ec.setOption("events", [
      nowLine(this.page.columns, this.now()),
      ...events(this.agenda, this.page, this.words),
    ]);
    if (focused) requestAnimationFrame(() => this.focus(focused));
  }

  focus(id: string): void {
    const shown = this.root.querySelector<HTMLElement>(`.ec-event[data-id="${id}"]`);
    const again = shown ?? this.root.querySelector<HTMLElement>(`.ec-event[data-id^="${id.split("@")[0]}@"]`);
    if (again && document.activeElement !== again) again.focus();
  }

  async #create(wanted: object): Promise<void> {
    const made = await this.server.create(wanted);
    this.ec.unselect();
    await this.refresh();
    if (!made) return;
    this.saying.show(filled(this.words.made, { who: made.who, when: made.label }), "good");
    requestAnimationFrame(() => this.focus(idOf(made.id, made.resource_ids[0] ?? "")));
  }

  /** A new booking from the keyboard: in the column of what has the focus, at the next half hour. */
  start(): void {
    const focused = (document.activeElement as HTMLElement | null)?.closest<HTMLElement>(".ec-event")?.dataset
      .id;
    const column = focused?.split("@")[1] ?? this.page.columns[0]?.id;
    if (!column || !this.page.writes) return;
    const now = this.now();
    const today = now.slice(0, 10) >= this.page.first && now.slice(0, 10) <= this.page.last;
    void this.fresh.open(column, today ? rounded(now, 30) : `${this.page.first}T09:00:00`);
  }

  #options(): Calendar.Options {
    const { page } = this;
    const scale = page.days === 7 ? "Week" : "Day";
    const scroll = Math.max(0, Math.min(7 * 60, (read(this.now()) % 86_400_000) / MINUTE - 60));
    return {
      view: `${this.isTimeline ? "resourceTimeline" : "resourceTimeGrid"}${scale}`,
      date: page.first,
      resources: page.columns.map(({ id, title, location }) => ({ id, title, extendedProps: { location } })),
      events: [],
      headerToolbar: { start: "", center: "", end: "" },
      locale: this.root.dataset.locale ?? "en",
      firstDay: 1,
      height: "100%",
      allDaySlot: false,
      slotDuration: "00:30",
      snapDuration: "00:15",
      slotHeight: 30,
      slotWidth: 44,
      scrollTime: { minutes: scroll },
      columnWidth: page.days === 7 ? "minmax(84px, 1fr)" : "minmax(116px, 1fr)",
      nowIndicator: false,
      slotEventOverlap: false,
      longPressDelay: 350,
      selectMinDistance: 5,
      selectable: page.writes,
      eventStartEditable: page.writes,
      eventDurationEditable: page.writes,
      resourceLabelContent: ({ resource }) => ({ domNodes: this.#label(resource) }),
      eventContent: (info) => content(info, this.titles, this.words),
      eventDidMount: ({ el, event }) => {
        if (event.display !== "background") el.dataset.id = String(event.id);
      },
      eventClick: ({ event, jsEvent }) => {
        (jsEvent as Event).preventDefault(); // or the key that opened the dialog would be typed into it
        this.open(event);
      },
      select: (info) => void this.fresh.open(info.resource.id, info.startStr, info.endStr),
      dateClick: (info) => {
        if (page.writes && info.resource) void this.fresh.open(info.resource.id, info.dateStr);
      },
      eventDragStart: () => this.#grip(),
      eventDragStop: () => this.#letGo(),
      eventResizeStart: () => this.#grip(),
      eventResizeStop: () => this.#letGo(),
      eventDrop: (info) => this.#dropped(info),
      eventResize: (info) => this.#resized(info),
    };
  }

  open(event: Calendar.Event): void {
    const { booking, column } = placeOf(event);
    if (!booking) return;
    const linked = booking.linked_ids?.includes(column) ?? false;
    this.booking.open(booking, column, linked, this.words[booking.status] ?? booking.status);
  }

  #label(resource: Calendar.Resource): Node[] {
    const title = document.createElement("b");
    title.textContent = String(resource.title);
    const place = document.createElement("small");
    place.textContent = String(resource.extendedProps.location ?? "");
    return place.textContent ? [title, place] : [title];
  }

  #grip(): void {
    this.#dragging = true;
    this.#cancelled = false;
  }

  #letGo(): void {
    this.#dragging = false;
    if (this.#late) {
      this.#late = false;
      queueMicrotask(() => void this.refresh());
    }
  }

  /** Escape lets go of what is dragged: it goes back when the pointer does. */
  cancel(): void {
    if (!this.#dragging) return;
    this.#cancelled = true;
    this.saying.aloud(this.words.cancelled ?? "");
  }

  #dropped(info: Calendar.EventDropInfo): void {
    const { booking, column } = placeOf(info.event);
    const to = info.newResource?.id ?? column;
    const by = milliseconds(info.delta);
    if (this.#cancelled || (by === 0 && to === column)) return info.revert();
    const change: Change = { from_resource_id: column, resource_id: to, revision: booking.revision };
    if (by) Object.assign(change, startMoved(booking, by));
    void this.moves.move(booking, change, info.revert);
  }

  #resized(info: Calendar.EventResizeInfo): void {
    const { booking, column } = placeOf(info.event);
    const by = milliseconds(info.endDelta);
    if (this.#cancelled || by === 0) return info.revert();
    const change: Change = { from_resource_id: column, revision: booking.revision };
    Object.assign(change, endMoved(booking, by));
    void this.moves.move(booking, change, info.revert);
  }

  /** Follow the server: it says when to look, and this looks again after a line that was cut. */
  follow(): void {
    const stream = new EventSource(`/${this.page.org}/admin/calendar/changes?after=${this.page.place}`);
    let cut = false;
    let timer = 0;
    const soon = () => {
      clearTimeout(timer);
      timer = window.setTimeout(() => void this.refresh().catch(() => undefined), 80);
    };
    stream.addEventListener("changed", soon);
    stream.addEventListener("error", () => (cut = true));
    stream.addEventListener("open", () => {
      if (cut) soon();
      cut = false;
      this.root.dataset.live = "1";
    });
    addEventListener("pagehide", () => stream.close());
    window.setInterval(() => this.draw(), MINUTE); // the line of the present moment
  }
}

function milliseconds(by: Calendar.Duration): number {
  return 1_000 * (by.days * 86_400 + by.seconds);
}

const root = document.querySelector<HTMLElement>("#calendar");
if (root) {
  const board = new Board(root);
  new Keys(board);
  board.refresh().then(
    () => board.follow(),
    (error: Error) => board.saying.show(error.message, "bad"),
  );
}
for (const select of document.querySelectorAll<HTMLSelectElement>("#calendar-filter select")) {
  select.addEventListener("change", () => select.form?.requestSubmit());
}
