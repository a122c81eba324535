// Drawing hours on a week. The rows of the form are the truth: this shows them, and changes them.

const DAY = 1440;
const STEP = 15;

interface Column { key: string; short: string; long: string }
type Words = Record<string, string>;
/** A row of the form as hours: `end` may be after midnight; `whole` rows have dates only and are not drawn on. */
interface Hours { row: HTMLElement; column: number; start: number; end: number; whole: boolean }
interface Drag { kind: "move" | "start" | "end" | "new"; row: HTMLElement; was: string[]; grab: number; moved: boolean; from: number }

const field = (row: Element, part: string) =>
  row.querySelector<HTMLInputElement | HTMLSelectElement>(`[name$="-${part}"]`);
const fieldsOf = (row: Element) => [...row.querySelectorAll<HTMLInputElement | HTMLSelectElement>("input[name], select[name], textarea[name]")];
const snap = (minutes: number) => Math.round(minutes / STEP) * STEP;
const fill = (text: string, ...parts: string[]) =>
  parts.reduce((said, part, n) => said.replace(`%${n + 1}`, part), text.replace("%s", parts[0] ?? ""));

/** Minutes of a time as people type it; null when it is none. The server reads the same. */
function minutesOf(typed: string | undefined): number | null {
  const found = /^(\d{1,2})(?:[:.h]?([0-5]\d))?\s*([ap])?\.?m?\.?$/.exec((typed ?? "").trim().toLowerCase());
  if (!found) return null;
  let hour = Number(found[1]);
  if (found[3] && hour >= 1 && hour <= 12) hour = (hour % 12) + (found[3] === "p" ? 12 : 0);
  const minutes = hour * 60 + Number(found[2] ?? 0);
  return minutes <= DAY ? minutes : null;
}

/** Words for those who hear the page: what is seen beside them is too short. */
function heard(text: string): HTMLElement {
  return Object.assign(document.createElement("span"), { className: "only-heard", textContent: text });
}

function clock(minutes: number): string {
  const told = minutes > DAY ? minutes - DAY : minutes;
  return `${String(Math.floor(told / 60)).padStart(2, "0")}:${String(told % 60).padStart(2, "0")}`;
}

/** A new row from the template beside a list, with the next number. */
function addRow(list: Element, template: HTMLTemplateElement, group: string): HTMLElement {
  const used = [...list.querySelectorAll(`[name^="${group}-"]`)].map((el) => Number(el.getAttribute("name")?.split("-")[1]));
  const number = Math.max(-1, ...used.filter((n) => !Number.isNaN(n))) + 1;
  const row = (template.content.cloneNode(true) as DocumentFragment).firstElementChild as HTMLElement;
  for (const element of [row, ...row.querySelectorAll("*")]) {
    for (const { name, value } of [...element.attributes]) {
      if (value.includes("__n__")) element.setAttribute(name, value.replaceAll("__n__", String(number)));
    }
    if (element.matches("[data-number]")) element.textContent = String(number + 1);
  }
  list.append(row);
  return row;
}

function moreButton(text: string, add: () => HTMLElement): HTMLButtonElement {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn small";
  button.textContent = text;
  button.addEventListener("click", () => add().querySelector<HTMLElement>("input, select")?.focus());
  return button;
}

class Week extends HTMLElement {
  #columns: Column[] = [];
  #words: Words = {};
  #group = "";
  #grid!: HTMLElement;
  #said!: HTMLElement;
  #tool: HTMLSelectElement | null = null;
  #drag: Drag | null = null;
  #list!: HTMLElement;

  connectedCallback(): void {
    const list = this.querySelector<HTMLElement>(".lines");
    if (!list || this.#grid || this.closest("fieldset:disabled")) return;
    this.#list = list;
    this.#group = this.dataset.group ?? "";
    this.#columns = JSON.parse(this.dataset.columns ?? "[]") as Column[];
    this.#words = JSON.parse(this.dataset.words ?? "{}") as Words;
    this.#build();
    this.#render();
    list.addEventListener("input", () => this.#render());
    list.addEventListener("change", () => this.#render());
  }

  get #dates(): boolean { return this.dataset.kind === "dates"; }
  get #template(): HTMLTemplateElement | null { return this.querySelector("template"); }

  #build(): void {
    const part = this.#dates ? "kind" : "host";
    const options = this.#template?.content.querySelector<HTMLSelectElement>(`[name$="-${part}"]`);
    if (options) {
      const label = document.createElement("label");
      label.className = "week-tool";
      label.append(this.#words[this.#dates ? "kind" : "draw"] ?? "");
      this.#tool = document.createElement("select");
      for (const option of options.options) this.#tool.append(new Option(option.text, option.value));
      if (this.#dates) this.#tool.value = "extra";
      else {
        const first = field(this.#list.querySelector("[data-row]") ?? this, "host")?.value;
        if (first) this.#tool.value = first;
        this.#tool.addEventListener("change", () => this.#render());
      }
      label.append(this.#tool);
      this.prepend(label);
    }
    this.#grid = document.createElement("div");
    this.#grid.className = "week-grid";
    const hours = document.createElement("div");
    hours.className = "week-hours";
    hours.setAttribute("aria-hidden", "true");
    for (let hour = 0; hour <= 24; hour += 3) {
      const mark = document.createElement("span");
      mark.textContent = String(hour);
      mark.style.insetBlockStart = `${(hour / 24) * 100}%`;
      hours.append(mark);
    }
    this.#grid.append(hours);
    this.#columns.forEach((column, number) => this.#grid.append(this.#column(column, number)));
    this.#said = document.createElement("p");
    this.#said.className = "only-heard";
    this.#said.setAttribute("role", "status");
    const keys = document.createElement("p");
    keys.className = "hint";
    keys.id = `${this.#group}-keys`;
    keys.textContent = this.#words.keys ?? "";
    const rows = document.createElement("details");
    rows.className = "week-rows";
    rows.open = this.querySelector(".lines .wrong") !== null;
    const summary = document.createElement("summary");
    summary.textContent = this.#words.list ?? "";
    this.#list.before(this.#grid, keys, this.#said, rows);
    const template = this.#template;
    rows.append(summary, this.#list);
    const hint = this.querySelector(":scope > .hint:not([id])");
    if (template) rows.append(moreButton(this.#words.more ?? "+", () => addRow(this.#list, template, this.#group)));
    if (hint) rows.append(hint);
    this.#grid.addEventListener("pointerdown", (event) => this.#down(event));
    this.#grid.addEventListener("pointermove", (event) => this.#move(event));
    this.#grid.addEventListener("pointerup", (event) => this.#up(event));
    this.#grid.addEventListener("pointercancel", () => this.#cancel());
    this.#grid.addEventListener("keydown", (event) => this.#key(event));
    document.querySelector("form#rules-form")?.addEventListener("invalid", () => { rows.open = true; }, true);
  }

  #column(column: Column, number: number): HTMLElement {
    const box = document.createElement("div");
    box.className = "week-column";
    const head = document.createElement("button");
    head.type = "button";
    head.className = "week-add";
    for (const [name, text] of [["", column.short], ["plus", "+"]] as const) {
      const shown = Object.assign(document.createElement("span"), { textContent: text, className: name });
      shown.setAttribute("aria-hidden", "true");
      head.append(shown);
    }
    head.append(heard(fill(this.#words.add ?? "", column.long)));
    head.addEventListener("click", () => this.#add(number));
    const day = document.createElement("div");
    day.className = "week-day";
    day.dataset.column = String(number);
    box.append(head, day);
    return box;
  }

  /** The rows that stand in the columns shown. */
  #hours(): Hours[] {
    const found: Hours[] = [];
    for (const row of this.#list.querySelectorAll<HTMLElement>("[data-row]")) {
      const key = field(row, this.#dates ? "first" : "day")?.value ?? "";
      const last = this.#dates ? field(row, "last")?.value || key : key;
      const start = minutesOf(field(row, "start")?.value);
      const end = minutesOf(field(row, "end")?.value);
      this.#columns.forEach((column, number) => {
        const within = this.#dates ? key !== "" && key <= column.key && column.key <= last : column.key === key;
        if (!within) return;
        if (start === null || end === null) {
          if (this.#dates && start === null && end === null) found.push({ row, column: number, start: 0, end: DAY, whole: true });
          return;
        }
        found.push({ row, column: number, start, end: end > start ? end : end + DAY, whole: last !== key });
      });
    }
    return found;
  }

  #render(): void {
    const focused = (document.activeElement as HTMLElement | null)?.closest?.<HTMLElement>(".week-block");
    const keep = focused && this.contains(focused) ? focused.dataset.row : null;
    const days = [...this.#grid.querySelectorAll<HTMLElement>(".week-day")];
    for (const day of days) day.replaceChildren();
    const rows = [...this.#list.querySelectorAll<HTMLElement>("[data-row]")];
    const pieces = days.map(() => [] as { hours: Hours; start: number; end: number; tail: boolean }[]);
    for (const hours of this.#hours()) {
      if (!this.#dates && this.#tool && field(hours.row, "host")?.value !== this.#tool.value) {
        this.#ghost(days, hours);
        continue;
      }
      pieces[hours.column]?.push({ hours, start: hours.start, end: Math.min(hours.end, DAY), tail: false });
      const following = this.#dates ? hours.column + 1 : (hours.column + 1) % days.length;
      if (hours.end > DAY) pieces[following]?.push({ hours, start: 0, end: hours.end - DAY, tail: true });
    }
    pieces.forEach((there, column) => {
      there.sort((a, b) => a.start - b.start);
      const lanes: number[] = [];
      const lane = there.map((piece) => {
        let free = lanes.findIndex((until) => until <= piece.start);
        if (free < 0) free = lanes.push(0) - 1;
        lanes[free] = piece.end;
        return free;
      });
      there.forEach((piece, n) => {
        const block = this.#block(piece.hours, piece.tail, rows.indexOf(piece.hours.row));
        block.style.insetBlockStart = `${(piece.start / DAY) * 100}%`;
        block.style.blockSize = `${((piece.end - piece.start) / DAY) * 100}%`;
        block.style.insetInlineStart = `${((lane[n] ?? 0) / lanes.length) * 100}%`;
        block.style.inlineSize = `${100 / lanes.length}%`;
        days[column]?.append(block);
      });
    });
    if (keep) this.#grid.querySelector<HTMLElement>(`.week-block[data-row="${keep}"]:not([tabindex="-1"])`)?.focus();
  }

  /** The hours of someone else: seen behind, not drawn on. */
  #ghost(days: HTMLElement[], hours: Hours): void {
    const parts: [number, number, number][] = [[hours.column, hours.start, Math.min(hours.end, DAY)]];
    if (hours.end > DAY) parts.push([(hours.column + 1) % days.length, 0, hours.end - DAY]);
    for (const [column, start, end] of parts) {
      const ghost = document.createElement("div");
      ghost.className = "week-ghost";
      ghost.style.insetBlockStart = `${(start / DAY) * 100}%`;
      ghost.style.blockSize = `${((end - start) / DAY) * 100}%`;
      days[column]?.append(ghost);
    }
  }

  #block(hours: Hours, tail: boolean, row: number): HTMLElement {
    const block = document.createElement("button");
    block.type = "button";
    block.className = `week-block${hours.whole ? " whole" : ""}${tail ? " tail" : ""}`;
    const kind = this.#dates ? field(hours.row, "kind")?.value : "";
    if (kind) block.classList.add(kind);
    block.dataset.row = String(row);
    if (tail) block.tabIndex = -1;
    block.setAttribute("aria-describedby", `${this.#group}-keys`);
    const text = document.createElement("span");
    text.setAttribute("aria-hidden", "true");
    text.textContent = `${clock(hours.start)}–${clock(hours.end)}`;
    block.append(text, heard(this.#named(hours)));
    if (!hours.whole) {
      for (const edge of ["start", "end"]) {
        if ((edge === "start" && tail) || (edge === "end" && !tail && hours.end > DAY)) continue;
        const handle = document.createElement("i");
        handle.dataset.edge = edge;
        block.append(handle);
      }
    }
    return block;
  }

  #named(hours: Hours): string {
    const day = this.#columns[hours.column]?.long ?? "";
    const said = fill(this.#words.block ?? "", day, clock(hours.start), clock(hours.end));
    const more = field(hours.row, this.#dates ? "kind" : "host");
    const name = more instanceof HTMLSelectElement ? more.selectedOptions[0]?.text : "";
    return name ? `${said}, ${name}` : said;
  }

  #say(word: string, row: HTMLElement): void {
    const hours = this.#hours().find((one) => one.row === row);
    if (hours) this.#said.textContent = fill(this.#words[word] ?? "", this.#named(hours));
  }

  #write(row: HTMLElement, column: number, start: number, end: number): void {
    const key = this.#columns[column]?.key ?? "";
    const set = (part: string, value: string) => {
      const found = field(row, part);
      if (found) found.value = value;
    };
    set(this.#dates ? "first" : "day", key);
    if (this.#dates) set("last", "");
    set("start", clock(start));
    set("end", clock(end));
  }

  #emptyRow(): HTMLElement | null {
    const template = this.#template;
    const rows = [...this.#list.querySelectorAll<HTMLElement>("[data-row]")];
    const part = this.#dates ? ["first", "start", "end"] : ["day", "start", "end"];
    const free = rows.find((row) => part.every((name) => !field(row, name)?.value));
    const row = free ?? (template ? addRow(this.#list, template, this.#group) : null);
    const tool = row && field(row, this.#dates ? "kind" : "host");
    if (tool && this.#tool) tool.value = this.#tool.value;
    return row;
  }

  /** Hours in the first gap of a day: for those who do not draw. */
  #add(column: number): void {
    const drawn = (row: HTMLElement) => this.#dates || !this.#tool || field(row, "host")?.value === this.#tool.value;
    const there = this.#hours().filter((one) => one.column === column && drawn(one.row)).sort((a, b) => a.start - b.start);
    let start = 9 * 60;
    for (const one of there) if (one.start < start + 60 && one.end > start) start = Math.ceil(one.end / STEP) * STEP;
    if (start + 60 > DAY) {
      this.#said.textContent = this.#words.full ?? "";
      return;
    }
    const next = there.find((one) => one.start >= start)?.start ?? DAY;
    this.#made(column, start, Math.min(next, there.length ? start + 120 : 17 * 60));
  }

  #made(column: number, start: number, end: number): void {
    const row = this.#emptyRow();
    if (!row) return;
    this.#write(row, column, start, end);
    this.#render();
    this.#focus(row);
    this.#say("added", row);
  }

  #focus(row: HTMLElement): void {
    const number = [...this.#list.querySelectorAll("[data-row]")].indexOf(row);
    this.#grid.querySelector<HTMLElement>(`.week-block[data-row="${number}"]`)?.focus();
  }

  #rowOf(block: HTMLElement): HTMLElement | undefined {
    return [...this.#list.querySelectorAll<HTMLElement>("[data-row]")][Number(block.dataset.row)];
  }

  #remove(row: HTMLElement): void {
    const hours = this.#hours().find((one) => one.row === row);
    const column = hours?.column ?? 0;
    if (hours) this.#said.textContent = fill(this.#words.removed ?? "", this.#named(hours));
    row.remove();
    this.#render();
    this.#grid.querySelectorAll<HTMLElement>(".week-add")[column]?.focus();
  }

  #key(event: KeyboardEvent): void {
    if (event.key === "Escape" && this.#drag) {
      this.#cancel();
      return;
    }
    const block = (event.target as Element).closest<HTMLElement>(".week-block");
    const row = block && this.#rowOf(block);
    const hours = row && this.#hours().find((one) => one.row === row);
    if (!row || !hours) return;
    const forward = getComputedStyle(this).direction === "rtl" ? -1 : 1;
    let { column, start, end } = hours;
    switch (event.key) {
      case "Delete":
      case "Backspace": event.preventDefault(); this.#remove(row); return;
      case "Enter":
      case " ": {
        event.preventDefault();
        row.closest("details")?.setAttribute("open", "");
        field(row, "start")?.focus();
        return;
      }
      case "ArrowDown":
        if (event.shiftKey) end = Math.min(end + STEP, start + DAY);
        else if (start + STEP < DAY) { start += STEP; end += STEP; }
        break;
      case "ArrowUp":
        if (event.shiftKey) end = Math.max(end - STEP, start + STEP);
        else if (start >= STEP) { start -= STEP; end -= STEP; }
        break;
      case "ArrowRight": column += forward; break;
      case "ArrowLeft": column -= forward; break;
      default: return;
    }
    event.preventDefault();
    if (hours.whole || column < 0 || column >= this.#columns.length) return;
    this.#write(row, column, start, end);
    this.#render();
    this.#focus(row);
    this.#say("moved", row);
  }

  /** Where a pointer is, in minutes from the first column's midnight. */
  #at(event: PointerEvent): number {
    const days = [...this.#grid.querySelectorAll<HTMLElement>(".week-day")];
    const boxes = days.map((day) => day.getBoundingClientRect());
    let column = boxes.findIndex((box) => event.clientX >= box.left && event.clientX < box.right);
    if (column < 0) column = event.clientX < (boxes[0]?.left ?? 0) ? 0 : days.length - 1;
    const box = boxes[column];
    if (!box) return 0;
    const part = Math.min(1, Math.max(0, (event.clientY - box.top) / box.height));
    return column * DAY + part * DAY;
  }

  #down(event: PointerEvent): void {
    const target = event.target as HTMLElement;
    const block = target.closest<HTMLElement>(".week-block");
    const day = target.closest<HTMLElement>(".week-day");
    if (event.button !== 0 || !day) return;
    const at = this.#at(event);
    if (block) {
      const row = this.#rowOf(block);
      const hours = row && this.#hours().find((one) => one.row === row);
      if (!row || !hours || hours.whole) return;
      const kind = (target.dataset.edge as "start" | "end" | undefined) ?? "move";
      this.#drag = { kind, row, was: fieldsOf(row).map((one) => one.value), grab: at - (hours.column * DAY + hours.start), moved: false, from: at };
      block.focus();
    } else if (event.pointerType !== "touch") {
      const row = this.#emptyRow();
      if (!row) return;
      this.#drag = { kind: "new", row, was: fieldsOf(row).map(() => ""), grab: 0, moved: false, from: Math.floor(at / STEP) * STEP };
    } else {
      this.#drag = null;
      return;
    }
    event.preventDefault();
    this.#grid.setPointerCapture(event.pointerId);
  }

  #move(event: PointerEvent): void {
    const drag = this.#drag;
    if (!drag) return;
    const at = this.#at(event);
    if (!drag.moved && Math.abs(at - drag.from) < STEP / 2) return;
    drag.moved = true;
    if (drag.kind === "new") {
      const column = Math.floor(drag.from / DAY);
      const to = Math.min(Math.max(snap(at), column * DAY), (column + 2) * DAY - STEP);
      const first = Math.min(drag.from, to) - column * DAY;
      const last = Math.max(drag.from, to) - column * DAY;
      if (last - first >= STEP) this.#write(drag.row, column, first, Math.min(last, first + DAY));
    } else {
      const hours = this.#hours().find((one) => one.row === drag.row);
      if (!hours) return;
      let { column, start, end } = hours;
      const here = snap(at) - column * DAY;
      if (drag.kind === "move") {
        const length = end - start;
        const wanted = snap(at - drag.grab);
        column = Math.min(this.#columns.length - 1, Math.max(0, Math.floor(wanted / DAY)));
        start = Math.min(DAY - STEP, Math.max(0, wanted - column * DAY));
        if (this.#at(event) < (column + 1) * DAY && hours.end <= DAY) start = Math.min(start, DAY - length);
        end = start + length;
      } else if (drag.kind === "end") {
        const wrapped = here < 0 && !this.#dates ? here + this.#columns.length * DAY : here;
        end = Math.min(start + DAY, Math.max(start + STEP, wrapped));
      } else {
        start = Math.min(end - STEP, DAY - STEP, Math.max(0, here));
      }
      this.#write(drag.row, column, start, end);
    }
    this.#render();
  }

  #up(event: PointerEvent): void {
    const drag = this.#drag;
    if (!drag) {
      const day = (event.target as HTMLElement).closest<HTMLElement>(".week-day");
      if (event.pointerType === "touch" && day && event.target === day) {
        const at = Math.floor(this.#at(event) / 30) * 30;
        const column = Math.floor(at / DAY);
        const start = Math.min(at - column * DAY, DAY - 60);
        this.#made(column, start, start + 60);
      }
      return;
    }
    this.#drag = null;
    if (drag.kind === "new" && !drag.moved) {
      const column = Math.floor(drag.from / DAY);
      const start = Math.min(drag.from - column * DAY, DAY - 60);
      this.#write(drag.row, column, start, start + 60);
    }
    this.#render();
    this.#focus(drag.row);
    if (drag.moved || drag.kind === "new") this.#say(drag.kind === "new" ? "added" : "moved", drag.row);
  }

  #cancel(): void {
    const drag = this.#drag;
    if (!drag) return;
    this.#drag = null;
    fieldsOf(drag.row).forEach((one, n) => { one.value = drag.was[n] ?? ""; });
    this.#render();
  }
}
customElements.define("i24-week", Week);

// Lists that grow: what has a template beside it gets a button for one row more.
for (const template of document.querySelectorAll<HTMLTemplateElement>("template[data-for]")) {
  const list = template.parentElement?.querySelector<HTMLElement>(`[data-grows="${template.dataset.for}"]`);
  if (!list || list.closest("fieldset:disabled")) continue;
  template.after(moreButton(template.dataset.more ?? "+", () => addRow(list, template, template.dataset.for ?? "")));
}
