// Everything by keyboard: Alt and arrows move what has the focus, other keys go to dates, or ask for help.

import { endMoved, startMoved, type Change } from "./api";
import type { Board } from "./index";

const STEP = 15 * 60_000;
const SINGLE = "infra24-single-keys";

export class Keys {
  #last: Promise<void> = Promise.resolve();
  #current = "";
  readonly #help = document.querySelector<HTMLDialogElement>("#help-dialog")!;

  constructor(readonly board: Board) {
    addEventListener("keydown", (event) => event.key === "Escape" && board.cancel(), true);
    // While a move is on its way its event is drawn anew and the focus is nowhere: the next key is meant for it.
    document.addEventListener("focusin", (event) => (this.#current = this.#idOf(event.target as Element)));
    document.addEventListener("keydown", (event) => this.#anywhere(event));
    document.querySelector("#new-booking")?.addEventListener("click", () => board.start());
    const here = new URL(location.href);
    if (here.searchParams.has("new")) {
      here.searchParams.delete("new");
      history.replaceState(history.state, "", here);
      requestAnimationFrame(() => board.start());
    }
    document.querySelector("#help")?.addEventListener("click", () => this.#help.showModal());
    this.#help.querySelector("[data-close]")!.addEventListener("click", () => this.#help.close());
    const single = this.#help.querySelector<HTMLInputElement>("[name=single]")!;
    single.checked = localStorage.getItem(SINGLE) !== "off";
    single.addEventListener("change", () => localStorage.setItem(SINGLE, single.checked ? "on" : "off"));
  }

  get #single(): boolean {
    return localStorage.getItem(SINGLE) !== "off";
  }

  /** Alt and an arrow: a quarter of an hour, or the next column; with Shift the length. One after the other. */
  #onEvent(event: KeyboardEvent): void {
    event.preventDefault();
    const { key, shiftKey } = event;
    this.#last = this.#last.then(() => this.#move(key, shiftKey));
  }

  #idOf(element: Element | null): string {
    return element?.closest<HTMLElement>(".ec-event")?.dataset.id ?? "";
  }

  async #move(key: string, longer: boolean): Promise<void> {
    const { board } = this;
    const [id = "", column = ""] = this.#current.split("@");
    const booking = board.find(id);
    if (!booking || !column) return;
    const why = booking.linked_ids?.includes(column) ? booking.linked : booking.why_not;
    if (why) return board.saying.aloud(why);
    const change: Change = { from_resource_id: column, revision: booking.revision };
    const [earlier, later, before, after] = board.isTimeline
      ? ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"]
      : ["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"];
    const time = key === earlier ? -STEP : key === later ? STEP : 0;
    if (time && longer) {
      Object.assign(change, endMoved(booking, time));
    } else if (time) {
      Object.assign(change, startMoved(booking, time));
    } else {
      const ids = board.page.columns.map((one) => one.id);
      const to = ids[ids.indexOf(column) + (key === after ? 1 : key === before ? -1 : 0)];
      if (!to) return board.saying.aloud(board.words.edge ?? "");
      change.resource_id = to;
    }
    await board.moves.move(booking, change);
    if (change.resource_id && board.find(id)?.resource_ids.includes(change.resource_id)) {
      this.#current = `${id}@${change.resource_id}`;
    }
  }

  #anywhere(event: KeyboardEvent): void {
    const at = event.target as HTMLElement;
    const free = at === document.body || this.#idOf(at) !== "";
    if (event.altKey && event.key.startsWith("Arrow") && this.#current && free) return this.#onEvent(event);
    if (document.querySelector("dialog[open]") || at.closest("input, select, textarea, [contenteditable]"))
      return;
    if ((event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "z") {
      event.preventDefault();
      void this.board.moves.undo();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const inside = at.closest(".ec-event, .ec-main");
    const go = (rel: string) =>
      document.querySelector<HTMLElement>(`#calendar-dates [data-go=${rel}]`)?.click();
    switch (event.key) {
      case "PageUp":
        go("previous");
        break;
      case "PageDown":
        go("next");
        break;
      case "ArrowLeft":
        if (inside) return;
        go("previous");
        break;
      case "ArrowRight":
        if (inside) return;
        go("next");
        break;
      case "n":
        if (!this.#single) return;
        this.board.start();
        break;
      case "t":
        if (!this.#single) return;
        go("today");
        break;
      case "?":
        if (!this.#single) return;
        this.#help.showModal();
        break;
      default:
        return;
    }
    event.preventDefault();
  }
}
