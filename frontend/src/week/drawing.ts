// What is drawn on the week: its columns, its hours as blocks, the hours of others behind them.

import { field, type Column, type Hours } from "./rows";
import { DAY, clock, fill } from "./time";

export type Words = Record<string, string>;

/** Words for those who hear the page: what is seen beside them is too short. */
export function heard(text: string): HTMLElement {
  return Object.assign(document.createElement("span"), { className: "only-heard", textContent: text });
}

function made<K extends keyof HTMLElementTagNameMap>(tag: K, className: string, text = "") {
  return Object.assign(document.createElement(tag), { className, textContent: text });
}

/** The hours at the side: 0, 3 … 24. */
export function hourMarks(): HTMLElement {
  const hours = made("div", "week-hours");
  hours.setAttribute("aria-hidden", "true");
  for (let hour = 0; hour <= 24; hour += 3) {
    const mark = made("span", "", String(hour));
    mark.style.insetBlockStart = `${(hour / 24) * 100}%`;
    hours.append(mark);
  }
  return hours;
}

/** A column: its head, which adds hours, and the day that is drawn on. */
export function columnOf(column: Column, number: number, words: Words, add: () => void): HTMLElement {
  const head = made("button", "week-add");
  head.type = "button";
  for (const [name, text] of [
    ["", column.short],
    ["plus", "+"],
  ] as const) {
    const shown = made("span", name, text);
    shown.setAttribute("aria-hidden", "true");
    head.append(shown);
  }
  head.append(heard(fill(words.add ?? "", column.long)));
  head.addEventListener("click", add);
  const day = made("div", "week-day");
  day.dataset.column = String(number);
  const box = made("div", "week-column");
  box.append(head, day);
  return box;
}

/** What hours are called: day, begin, end, and for whom or what kind. */
export function nameOf(hours: Hours, columns: Column[], dates: boolean, words: Words): string {
  const day = columns[hours.column]?.long ?? "";
  const said = fill(words.block ?? "", day, clock(hours.start), clock(hours.end));
  const more = field(hours.row, dates ? "kind" : "host");
  const name = more instanceof HTMLSelectElement ? more.selectedOptions[0]?.text : "";
  return name ? `${said}, ${name}` : said;
}

/** Hours as a block; a `tail` is what of them is after midnight. */
export function blockOf(hours: Hours, tail: boolean, row: number, kind: string, name: string, keys: string) {
  const block = made("button", `week-block${hours.whole ? " whole" : ""}${tail ? " tail" : ""}`);
  block.type = "button";
  if (kind) block.classList.add(kind);
  block.dataset.row = String(row);
  if (tail) block.tabIndex = -1;
  block.setAttribute("aria-describedby", keys);
  const text = made("span", "", `${clock(hours.start)}–${clock(hours.end)}`);
  text.setAttribute("aria-hidden", "true");
  block.append(text, heard(name));
  for (const edge of hours.whole ? [] : ["start", "end"]) {
    if ((edge === "start" && tail) || (edge === "end" && !tail && hours.end > DAY)) continue;
    const handle = made("i", "");
    handle.dataset.edge = edge;
    block.append(handle);
  }
  return block;
}

/** Put something at its hours, in its lane of several. */
export function place(element: HTMLElement, start: number, end: number, lane = 0, lanes = 1): void {
  element.style.insetBlockStart = `${(start / DAY) * 100}%`;
  element.style.blockSize = `${((end - start) / DAY) * 100}%`;
  element.style.insetInlineStart = `${(lane / lanes) * 100}%`;
  element.style.inlineSize = `${100 / lanes}%`;
}

/** The hours of someone else: seen behind, not drawn on. */
export function ghost(days: HTMLElement[], hours: Hours): void {
  const parts: [number, number, number][] = [[hours.column, hours.start, Math.min(hours.end, DAY)]];
  if (hours.end > DAY) parts.push([(hours.column + 1) % days.length, 0, hours.end - DAY]);
  for (const [column, start, end] of parts) {
    const behind = made("div", "week-ghost");
    behind.style.insetBlockStart = `${(start / DAY) * 100}%`;
    behind.style.blockSize = `${((end - start) / DAY) * 100}%`;
    days[column]?.append(behind);
  }
}
