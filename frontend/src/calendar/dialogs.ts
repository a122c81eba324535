// The two dialogs: a booking's room, start and end (what dragging does), and a new booking.

import { lasts, Refused, type Booking, type Change, type Offer, type Server } from "./api";
import { between, drawn, field, plus } from "./fields";

const MINUTE = 60_000;

/** Shows a refusal in a form, by its field where it names one. */
function tell(form: HTMLFormElement, error: unknown): void {
  const box = form.querySelector<HTMLElement>("[role=alert]")!;
  box.textContent = error instanceof Error ? error.message : String(error);
  box.hidden = false;
  for (const wrong of form.querySelectorAll("[aria-invalid]")) wrong.removeAttribute("aria-invalid");
  for (const { path } of error instanceof Refused ? error.fields : []) {
    form.querySelector(`[name="${path}"]`)?.setAttribute("aria-invalid", "true");
  }
}

function clear(form: HTMLFormElement): void {
  form.querySelector<HTMLElement>("[role=alert]")!.hidden = true;
  for (const wrong of form.querySelectorAll("[aria-invalid]")) wrong.removeAttribute("aria-invalid");
}

/** Sends a form once: the button is busy meanwhile, a refusal is shown and the dialog stays. */
function sending(dialog: HTMLDialogElement, act: () => Promise<void>): void {
  const form = dialog.querySelector("form")!;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector<HTMLElement>(".primary")!;
    if (button.getAttribute("aria-busy") === "true") return;
    button.setAttribute("aria-busy", "true");
    clear(form);
    try {
      await act();
      dialog.close();
    } catch (error) {
      tell(form, error);
    } finally {
      button.removeAttribute("aria-busy");
    }
  });
  for (const close of dialog.querySelectorAll("[data-close]"))
    close.addEventListener("click", () => dialog.close());
}

/** The booking dialog. Nothing that was not changed is sent. */
export class MoveDialog {
  readonly #dialog = document.querySelector<HTMLDialogElement>("#booking-dialog")!;
  #booking: Booking | null = null;
  #column = "";

  constructor(
    move: (booking: Booking, change: Change) => Promise<void>,
    readonly base: string,
  ) {
    sending(this.#dialog, async () => {
      const booking = this.#booking;
      if (!booking) return;
      const { column, start, end } = drawn(this.#dialog);
      const change: Change = {
        from_resource_id: this.#column,
        resource_id: column,
        revision: booking.revision,
      };
      const starts = start !== field(booking.start);
      const ends = end !== field(booking.end);
      if (starts) change.local_start = start;
      if (ends && (!starts || between(start, end) !== lasts(booking))) change.local_end = end;
      if (change.local_start) change.fold = booking.fold ?? 0;
      if (change.local_end) change.end_fold = booking.end_fold ?? 0;
      if (starts || ends || column !== this.#column) await move(booking, change);
    });
    // A later start takes the end along, as dragging does.
    this.#dialog
      .querySelector<HTMLInputElement>("[name=local_start]")!
      .addEventListener("change", (event) => {
        const start = (event.target as HTMLInputElement).value;
        if (this.#booking && start) {
          const end = this.#dialog.querySelector<HTMLInputElement>("[name=local_end]")!;
          end.value = field(plus(start, lasts(this.#booking)));
        }
      });
  }

  open(booking: Booking, column: string, linked: boolean, status: string): void {
    this.#booking = booking;
    this.#column = column;
    const dialog = this.#dialog;
    const form = dialog.querySelector("form")!;
    clear(form);
    dialog.querySelector("[data-title]")!.textContent = booking.title;
    dialog.querySelector("[data-about]")!.textContent = [booking.who, booking.label, status]
      .filter(Boolean)
      .join(" · ");
    dialog.querySelector<HTMLAnchorElement>("[data-open]")!.href = `${this.base}/${booking.id}`;
    const why = dialog.querySelector<HTMLElement>("[data-why]")!;
    const reason = linked ? booking.linked : booking.why_not;
    why.textContent = reason ?? "";
    why.hidden = !reason;
    form.querySelector<HTMLSelectElement>("[name=resource_id]")!.value = column;
    form.querySelector<HTMLInputElement>("[name=local_start]")!.value = field(booking.start);
    form.querySelector<HTMLInputElement>("[name=local_end]")!.value = field(booking.end);
    for (const part of form.querySelectorAll<HTMLInputElement>("select, input, .primary")) {
      part.toggleAttribute("disabled", Boolean(reason));
    }
    dialog.showModal();
  }
}

/** A new booking, for whom a time was drawn or asked for by a key. */
export class NewDialog {
  readonly #dialog = document.querySelector<HTMLDialogElement>("#new-dialog");
  #offers: Offer[] = [];
  #drawn = false;

  constructor(
    readonly server: Server,
    create: (wanted: object) => Promise<void>,
  ) {
    const dialog = this.#dialog;
    if (!dialog) return;
    sending(dialog, async () => {
      const form = dialog.querySelector("form")!;
      const { column, start, end } = drawn(dialog);
      const text = (name: string) => form.querySelector<HTMLInputElement>(`[name=${name}]`)!.value.trim();
      await create({
        resource_id: column,
        offer_id: text("offer_id") || null,
        local_start: start,
        local_end: end,
        name: text("name"),
        email: text("email"),
        phone: text("phone"),
        notes: text("notes"),
      });
      form.reset();
    });
    dialog.querySelector("[name=resource_id]")!.addEventListener("change", () => void this.#choices());
    dialog.querySelector("[name=offer_id]")!.addEventListener("change", () => this.#lasts());
    dialog.querySelector("[name=local_start]")!.addEventListener("change", () => this.#lasts());
    dialog.querySelector("[name=local_end]")!.addEventListener("change", () => (this.#drawn = true));
  }

  /** `end` is known when it was drawn; else the offer says how long it lasts. */
  async open(column: string, start: string, end?: string): Promise<void> {
    const dialog = this.#dialog;
    if (!dialog) return;
    clear(dialog.querySelector("form")!);
    this.#drawn = Boolean(end);
    dialog.querySelector<HTMLSelectElement>("[name=resource_id]")!.value = column;
    dialog.querySelector<HTMLInputElement>("[name=local_start]")!.value = field(start);
    dialog.querySelector<HTMLInputElement>("[name=local_end]")!.value = field(
      end ?? plus(start, 30 * MINUTE),
    );
    dialog.showModal();
    dialog.querySelector<HTMLInputElement>("[name=name]")!.focus();
    await this.#choices();
  }

  async #choices(): Promise<void> {
    const dialog = this.#dialog!;
    const column = dialog.querySelector<HTMLSelectElement>("[name=resource_id]")!.value;
    const select = dialog.querySelector<HTMLSelectElement>("[name=offer_id]")!;
    const none = dialog.querySelector<HTMLElement>("[data-none]")!;
    this.#offers = await this.server.offers(column);
    select.replaceChildren(...this.#offers.map((offer) => new Option(offer.title, offer.id)));
    select.disabled = this.#offers.length === 0;
    none.hidden = this.#offers.length > 0;
    dialog.querySelector<HTMLElement>(".primary")!.toggleAttribute("disabled", this.#offers.length === 0);
    this.#lasts();
  }

  #lasts(): void {
    const dialog = this.#dialog!;
    const chosen = dialog.querySelector<HTMLSelectElement>("[name=offer_id]")!.value;
    const minutes = this.#offers.find((offer) => offer.id === chosen)?.minutes[0];
    const start = dialog.querySelector<HTMLInputElement>("[name=local_start]")!.value;
    const end = dialog.querySelector<HTMLInputElement>("[name=local_end]")!;
    if (minutes && start && (!this.#drawn || end.value <= start))
      end.value = field(plus(start, minutes * MINUTE));
  }
}
