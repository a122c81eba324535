// Drawing with a pointer: new hours, hours that are moved, an end that is dragged.

import { fieldsOf, type Rows } from "./rows";
import { DAY, STEP, dragged, drawn } from "./time";

export interface Board {
  rows: Rows;
  grid: HTMLElement;
  chosen(): string | undefined;
  rowOf(block: HTMLElement): HTMLElement | undefined;
  render(): void;
  made(column: number, start: number, end: number): void;
  settled(row: HTMLElement, word: "added" | "moved" | null): void;
}

interface Drag {
  kind: "move" | "start" | "end" | "new";
  row: HTMLElement;
  was: string[];
  grab: number;
  moved: boolean;
  from: number;
}

export class Pointer {
  #drag: Drag | null = null;

  constructor(readonly board: Board) {
    const { grid } = board;
    grid.addEventListener("pointerdown", (event) => this.#down(event));
    grid.addEventListener("pointermove", (event) => this.#move(event));
    grid.addEventListener("pointerup", (event) => this.#up(event));
    grid.addEventListener("pointercancel", () => this.cancel());
  }

  /** Put back what was; false when nothing is being drawn. */
  cancel(): boolean {
    const drag = this.#drag;
    if (!drag) return false;
    this.#drag = null;
    fieldsOf(drag.row).forEach((one, n) => (one.value = drag.was[n] ?? ""));
    this.board.render();
    return true;
  }

  /** Where a pointer is, in minutes from the first column's midnight. */
  #at(event: PointerEvent): number {
    const days = [...this.board.grid.querySelectorAll<HTMLElement>(".week-day")];
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
    if (event.button !== 0 || !target.closest(".week-day")) return;
    const block = target.closest<HTMLElement>(".week-block");
    this.#drag = block ? this.#taken(event, target, block) : this.#begun(event);
    if (!this.#drag) return;
    event.preventDefault();
    this.board.grid.setPointerCapture(event.pointerId);
  }

  /** Hours that are taken hold of, at their middle or at an edge. */
  #taken(event: PointerEvent, target: HTMLElement, block: HTMLElement): Drag | null {
    const row = this.board.rowOf(block);
    const hours = row && this.board.rows.hoursOf(row);
    if (!row || !hours || hours.whole) return null;
    block.focus();
    const at = this.#at(event);
    const kind = (target.dataset.edge as "start" | "end" | undefined) ?? "move";
    const grab = at - (hours.column * DAY + hours.start);
    return { kind, row, was: fieldsOf(row).map((one) => one.value), grab, moved: false, from: at };
  }

  /** New hours; a finger draws none, for it scrolls. */
  #begun(event: PointerEvent): Drag | null {
    const row = event.pointerType === "touch" ? null : this.board.rows.empty(this.board.chosen());
    if (!row) return null;
    const from = Math.floor(this.#at(event) / STEP) * STEP;
    return { kind: "new", row, was: fieldsOf(row).map(() => ""), grab: 0, moved: false, from };
  }

  #move(event: PointerEvent): void {
    const drag = this.#drag;
    if (!drag) return;
    const at = this.#at(event);
    if (!drag.moved && Math.abs(at - drag.from) < STEP / 2) return;
    drag.moved = true;
    const { rows } = this.board;
    if (drag.kind === "new") {
      const span = drawn(drag.from, at);
      if (span) rows.write(drag.row, span);
    } else {
      const hours = rows.hoursOf(drag.row);
      if (!hours) return;
      rows.write(drag.row, dragged(hours, drag.kind, at, drag.grab, rows.columns.length, !rows.dates));
    }
    this.board.render();
  }

  #up(event: PointerEvent): void {
    const drag = this.#drag;
    if (!drag) return this.#tapped(event);
    this.#drag = null;
    if (drag.kind === "new" && !drag.moved) {
      const column = Math.floor(drag.from / DAY);
      const start = Math.min(drag.from - column * DAY, DAY - 60);
      this.board.rows.write(drag.row, { column, start, end: start + 60 });
    }
    this.board.render();
    this.board.settled(drag.row, drag.kind === "new" ? "added" : drag.moved ? "moved" : null);
  }

  /** A tap on a free place makes an hour there. */
  #tapped(event: PointerEvent): void {
    const day = (event.target as HTMLElement).closest<HTMLElement>(".week-day");
    if (event.pointerType !== "touch" || !day || event.target !== day) return;
    const at = Math.floor(this.#at(event) / 30) * 30;
    const column = Math.floor(at / DAY);
    const start = Math.min(at - column * DAY, DAY - 60);
    this.board.made(column, start, start + 60);
  }
}
