// Moving bookings, and taking moves back: the server answers, then it is drawn.

import type { Booking, Change } from "./api";
import { idOf } from "./drawing";
import type { Board } from "./index";
import { filled } from "./saying";

export class Moves {
  #undo: { who: string; act: () => Promise<void> }[] = [];
  /** As which revision each booking was left by our own last change: undoing several is no one else's change. */
  readonly #left = new Map<string, number>();

  constructor(readonly board: Board) {}

  /** Move by keys or by the dialog: the server answers, then it is drawn. Throws what it refuses. */
  async change(booking: Booking, change: Change): Promise<void> {
    const moved = await this.board.server.move(booking.id, change);
    const to = change.resource_id ?? change.from_resource_id;
    await this.#moved(booking, moved, change.from_resource_id, to);
  }

  /** The same, where a refusal is told by a toast; `revert` puts back what was already drawn. */
  async move(booking: Booking, change: Change, revert?: () => void): Promise<void> {
    try {
      await this.change(booking, change);
    } catch (error) {
      revert?.();
      const why = error instanceof Error ? error.message : "";
      this.board.saying.show(
        filled(this.board.words.refused, { who: booking.who || booking.title, why }),
        "bad",
      );
      await this.board.refresh();
    }
  }

  async #moved(before: Booking, after: Booking | null, from: string, to: string): Promise<void> {
    const who = before.who || before.title;
    const where = this.board.titles.get(to) ?? "";
    const back: Change = {
      from_resource_id: to,
      resource_id: from,
      local_start: before.start,
      local_end: before.end,
    };
    back.fold = before.fold ?? 0;
    back.end_fold = before.end_fold ?? 0;
    if (after) this.#left.set(before.id, after.revision);
    const undo = async () => {
      const revision = this.#left.get(before.id);
      const undone = await this.board.server.move(
        before.id,
        revision === undefined ? back : { ...back, revision },
      );
      if (undone) this.#left.set(before.id, undone.revision);
      await this.board.refresh().catch(() => undefined);
      this.board.saying.show(filled(this.board.words.undone, { who }), "good");
      requestAnimationFrame(() => this.board.focus(idOf(before.id, from)));
    };
    this.#undo.push({ who, act: undo });
    const act = () => void this.undo();
    await this.board.refresh().catch(() => undefined);
    this.board.saying.show(filled(this.board.words.moved, { who, where, when: after?.label ?? "" }), "good", {
      text: this.board.words.undo ?? "",
      act,
    });
    requestAnimationFrame(() => this.board.focus(idOf(before.id, to)));
  }

  /** Take back the last move: that is another move, and may be refused as any. */
  async undo(): Promise<void> {
    const last = this.#undo.pop();
    if (!last) {
      this.board.saying.aloud(this.board.words.nothing ?? "");
      return;
    }
    try {
      await last.act();
    } catch (error) {
      this.board.saying.show(
        filled(this.board.words.refused, { who: last.who, why: (error as Error).message }),
        "bad",
      );
    }
  }
}
