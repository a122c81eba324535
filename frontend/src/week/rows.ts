// The rows of the form, which are the truth: reading their fields, writing them, adding one more.

import { DAY, clock, minutesOf, type Span } from "./time";

export interface Column {
  key: string;
  short: string;
  long: string;
}

/** A row of the form as hours; `whole` rows have dates only and are not drawn on. */
export interface Hours extends Span {
  row: HTMLElement;
  whole: boolean;
}

type Field = HTMLInputElement | HTMLSelectElement;

export const field = (row: Element, part: string): Field | null =>
  row.querySelector<Field>(`[name$="-${part}"]`);

export const fieldsOf = (row: Element): Field[] => [
  ...row.querySelectorAll<Field>("input[name], select[name], textarea[name]"),
];

/** A new row from the template beside a list, with the next number. */
export function addRow(list: Element, template: HTMLTemplateElement, group: string): HTMLElement {
  const named = [...list.querySelectorAll(`[name^="${group}-"]`)];
  const used = named.map((one) => Number(one.getAttribute("name")?.split("-")[1]));
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

export function moreButton(text: string, add: () => HTMLElement): HTMLButtonElement {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn small";
  button.textContent = text;
  button.addEventListener("click", () => add().querySelector<HTMLElement>("input, select")?.focus());
  return button;
}

/** The rows of one list as hours in columns: days of the week, or the dates of one week. */
export class Rows {
  constructor(
    readonly list: HTMLElement,
    readonly group: string,
    readonly columns: Column[],
    readonly template: HTMLTemplateElement | null,
    readonly dates: boolean,
  ) {}

  get all(): HTMLElement[] {
    return [...this.list.querySelectorAll<HTMLElement>("[data-row]")];
  }

  /** Those that stand in the columns shown. */
  hours(): Hours[] {
    return this.all.flatMap((row) => this.#hoursOf(row));
  }

  hoursOf(row: HTMLElement): Hours | undefined {
    return this.hours().find((one) => one.row === row);
  }

  #hoursOf(row: HTMLElement): Hours[] {
    const key = field(row, this.dates ? "first" : "day")?.value ?? "";
    const last = this.dates ? field(row, "last")?.value || key : key;
    const start = minutesOf(field(row, "start")?.value);
    const end = minutesOf(field(row, "end")?.value);
    const found: Hours[] = [];
    this.columns.forEach((column, number) => {
      const within = this.dates ? key !== "" && key <= column.key && column.key <= last : column.key === key;
      if (!within) return;
      if (start !== null && end !== null) {
        const whole = last !== key;
        found.push({ row, column: number, start, end: end > start ? end : end + DAY, whole });
      } else if (this.dates && start === null && end === null) {
        found.push({ row, column: number, start: 0, end: DAY, whole: true });
      }
    });
    return found;
  }

  write(row: HTMLElement, { column, start, end }: Span): void {
    const set = (part: string, value: string) => {
      const found = field(row, part);
      if (found) found.value = value;
    };
    set(this.dates ? "first" : "day", this.columns[column]?.key ?? "");
    if (this.dates) set("last", "");
    set("start", clock(start));
    set("end", clock(end));
  }

  add(): HTMLElement | null {
    return this.template ? addRow(this.list, this.template, this.group) : null;
  }

  /** A row to write into: one that is still empty, or one more; with what was chosen to draw. */
  empty(chosen: string | undefined): HTMLElement | null {
    const parts = [this.dates ? "first" : "day", "start", "end"];
    const free = this.all.find((row) => parts.every((name) => !field(row, name)?.value));
    const row = free ?? this.add();
    const tool = row && field(row, this.dates ? "kind" : "host");
    if (tool && chosen !== undefined) tool.value = chosen;
    return row;
  }
}
