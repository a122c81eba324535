// Drawing hours on a week. The rows of the form are the truth: this shows them, and changes them.

import { blockOf, columnOf, ghost, hourMarks, nameOf, place, type Words } from "./drawing";
import { Pointer, type Board } from "./pointer";
import { Rows, addRow, field, moreButton, type Column, type Hours } from "./rows";
import { DAY, arrowMoved, fill, firstGap, lanesOf } from "./time";

class Week extends HTMLElement implements Board {
  rows!: Rows;
  grid!: HTMLElement;
  #words: Words = {};
  #said!: HTMLElement;
  #tool: HTMLSelectElement | null = null;
  #pointer!: Pointer;

  connectedCallback(): void {
    const list = this.querySelector<HTMLElement>(".lines");
    if (!list || this.grid || this.closest("fieldset:disabled")) return;
    const columns = JSON.parse(this.dataset.columns ?? "[]") as Column[];
    const template = this.querySelector("template");
    this.rows = new Rows(list, this.dataset.group ?? "", columns, template, this.dataset.kind === "dates");
    this.#words = JSON.parse(this.dataset.words ?? "{}") as Words;
    this.#tool = this.#makeTool();
    this.#build();
    this.render();
    list.addEventListener("input", () => this.render());
    list.addEventListener("change", () => this.render());
  }

  get #keysId(): string {
    return `${this.rows.group}-keys`;
  }

  chosen(): string | undefined {
    return this.#tool?.value;
  }

  /** What is drawn: for whom, or of which kind. */
  #makeTool(): HTMLSelectElement | null {
    const { dates, list, template } = this.rows;
    const options = template?.content.querySelector<HTMLSelectElement>(
      `[name$="-${dates ? "kind" : "host"}"]`,
    );
    if (!options) return null;
    const tool = document.createElement("select");
    for (const option of options.options) tool.append(new Option(option.text, option.value));
    if (dates) tool.value = "extra";
    else {
      const first = field(list.querySelector("[data-row]") ?? this, "host")?.value;
      if (first) tool.value = first;
      tool.addEventListener("change", () => this.render());
    }
    const label = document.createElement("label");
    label.className = "week-tool";
    label.append(this.#words[dates ? "kind" : "draw"] ?? "", tool);
    this.prepend(label);
    return tool;
  }

  #build(): void {
    const { list, columns } = this.rows;
    this.grid = document.createElement("div");
    this.grid.className = "week-grid";
    this.grid.append(hourMarks());
    columns.forEach((column, number) =>
      this.grid.append(columnOf(column, number, this.#words, () => this.#add(number))),
    );
    this.#said = document.createElement("p");
    this.#said.className = "only-heard";
    this.#said.setAttribute("role", "status");
    const keys = document.createElement("p");
    keys.className = "hint";
    keys.id = this.#keysId;
    keys.textContent = this.#words.keys ?? "";
    const folded = this.#foldedRows();
    list.before(this.grid, keys, this.#said, folded);
    this.#fill(folded);
    this.#pointer = new Pointer(this);
    this.grid.addEventListener("keydown", (event) => this.#key(event));
    const form = document.querySelector("form#rules-form");
    form?.addEventListener("invalid", () => (folded.open = true), true);
  }

  /** The rows as they are typed, folded away unless something in them is wrong. */
  #foldedRows(): HTMLDetailsElement {
    const folded = document.createElement("details");
    folded.className = "week-rows";
    folded.open = this.querySelector(".lines .wrong") !== null;
    return folded;
  }

  #fill(folded: HTMLDetailsElement): void {
    const summary = document.createElement("summary");
    summary.textContent = this.#words.list ?? "";
    const hint = this.querySelector(":scope > .hint:not([id])");
    folded.append(summary, this.rows.list);
    if (this.rows.template) folded.append(moreButton(this.#words.more ?? "+", () => this.rows.add()!));
    if (hint) folded.append(hint);
  }

  /** Whether a row's hours are those that are drawn now. */
  #isDrawn(row: HTMLElement): boolean {
    return this.rows.dates || !this.#tool || field(row, "host")?.value === this.#tool.value;
  }

  render(): void {
    const focused = (document.activeElement as HTMLElement | null)?.closest?.<HTMLElement>(".week-block");
    const keep = focused && this.contains(focused) ? focused.dataset.row : null;
    const days = [...this.grid.querySelectorAll<HTMLElement>(".week-day")];
    for (const day of days) day.replaceChildren();
    const pieces = days.map(() => [] as { hours: Hours; start: number; end: number; tail: boolean }[]);
    for (const hours of this.rows.hours()) {
      if (!this.#isDrawn(hours.row)) {
        ghost(days, hours);
        continue;
      }
      pieces[hours.column]?.push({ hours, start: hours.start, end: Math.min(hours.end, DAY), tail: false });
      const following = this.rows.dates ? hours.column + 1 : (hours.column + 1) % days.length;
      if (hours.end > DAY) pieces[following]?.push({ hours, start: 0, end: hours.end - DAY, tail: true });
    }
    pieces.forEach((there, column) => {
      there.sort((a, b) => a.start - b.start);
      const { lane, count } = lanesOf(there);
      there.forEach((piece, n) => {
        const block = this.#block(piece.hours, piece.tail);
        place(block, piece.start, piece.end, lane[n], count);
        days[column]?.append(block);
      });
    });
    if (keep) {
      this.grid.querySelector<HTMLElement>(`.week-block[data-row="${keep}"]:not([tabindex="-1"])`)?.focus();
    }
  }

  #block(hours: Hours, tail: boolean): HTMLElement {
    const kind = (this.rows.dates && field(hours.row, "kind")?.value) || "";
    return blockOf(hours, tail, this.rows.all.indexOf(hours.row), kind, this.#named(hours), this.#keysId);
  }

  #named(hours: Hours): string {
    return nameOf(hours, this.rows.columns, this.rows.dates, this.#words);
  }

  #say(word: string, row: HTMLElement): void {
    const hours = this.rows.hoursOf(row);
    if (hours) this.#said.textContent = fill(this.#words[word] ?? "", this.#named(hours));
  }

  /** Hours in the first gap of a day: for those who do not draw. */
  #add(column: number): void {
    const there = this.rows.hours().filter((one) => one.column === column && this.#isDrawn(one.row));
    const gap = firstGap(there);
    if (gap) this.made(column, gap.start, gap.end);
    else this.#said.textContent = this.#words.full ?? "";
  }

  made(column: number, start: number, end: number): void {
    const row = this.rows.empty(this.chosen());
    if (!row) return;
    this.rows.write(row, { column, start, end });
    this.render();
    this.settled(row, "added");
  }

  settled(row: HTMLElement, word: "added" | "moved" | null): void {
    const number = this.rows.all.indexOf(row);
    this.grid.querySelector<HTMLElement>(`.week-block[data-row="${number}"]`)?.focus();
    if (word) this.#say(word, row);
  }

  rowOf(block: HTMLElement): HTMLElement | undefined {
    return this.rows.all[Number(block.dataset.row)];
  }

  #remove(row: HTMLElement): void {
    const hours = this.rows.hoursOf(row);
    if (hours) this.#said.textContent = fill(this.#words.removed ?? "", this.#named(hours));
    row.remove();
    this.render();
    this.grid.querySelectorAll<HTMLElement>(".week-add")[hours?.column ?? 0]?.focus();
  }

  #key(event: KeyboardEvent): void {
    if (event.key === "Escape" && this.#pointer.cancel()) return;
    const block = (event.target as Element).closest<HTMLElement>(".week-block");
    const row = block && this.rowOf(block);
    const hours = row && this.rows.hoursOf(row);
    if (!row || !hours) return;
    if (event.key === "Delete" || event.key === "Backspace") {
      event.preventDefault();
      return this.#remove(row);
    }
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      row.closest("details")?.setAttribute("open", "");
      field(row, "start")?.focus();
      return;
    }
    const forward = getComputedStyle(this).direction === "rtl" ? -1 : 1;
    const moved = arrowMoved(hours, event.key, event.shiftKey, forward);
    if (!moved) return;
    event.preventDefault();
    if (hours.whole || moved.column < 0 || moved.column >= this.rows.columns.length) return;
    this.rows.write(row, moved);
    this.render();
    this.settled(row, "moved");
  }
}
customElements.define("i24-week", Week);

// Lists that grow: what has a template beside it gets a button for one row more.
for (const template of document.querySelectorAll<HTMLTemplateElement>("template[data-for]")) {
  const list = template.parentElement?.querySelector<HTMLElement>(`[data-grows="${template.dataset.for}"]`);
  if (!list || list.closest("fieldset:disabled")) continue;
  template.after(
    moreButton(template.dataset.more ?? "+", () => addRow(list, template, template.dataset.for ?? "")),
  );
}
