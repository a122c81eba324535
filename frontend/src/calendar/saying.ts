// What is said to who sees and to who hears: a toast that stays while it matters, and a live region.

export class Saying {
  readonly #toast = document.querySelector<HTMLElement>("#toast")!;
  readonly #heard = document.querySelector<HTMLElement>("#heard")!;
  #timer = 0;

  /** Said aloud only. */
  aloud(text: string): void {
    this.#heard.textContent = "";
    requestAnimationFrame(() => (this.#heard.textContent = text));
  }

  show(text: string, kind: "good" | "bad", undo?: { text: string; act: () => void }): void {
    clearTimeout(this.#timer);
    this.#toast.replaceChildren(text);
    this.#toast.className = `toast ${kind}`;
    if (undo) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = undo.text;
      button.addEventListener("click", undo.act);
      this.#toast.append(" ", button);
    }
    this.#toast.hidden = false;
    this.aloud(text);
    this.#timer = window.setTimeout(() => this.#end(), 20_000);
  }

  #end(): void {
    if (this.#toast.matches(":hover, :focus-within")) {
      this.#timer = window.setTimeout(() => this.#end(), 5_000);
      return;
    }
    this.#toast.hidden = true;
  }
}

/** A text with {names} filled in. */
export function filled(text: string | undefined, values: Record<string, string>): string {
  return (text ?? "").replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? "");
}
