// What scripts add to the booking pages. Everything works without this file, by links and forms.

/** The month: one stop for Tab, arrow keys by day and week, Page Up and Down by month. */
class Month extends HTMLElement {
  connectedCallback(): void {
    this.addEventListener("keydown", (event) => this.#move(event));
    this.#oneStop();
    new MutationObserver(() => this.#oneStop()).observe(this, { childList: true, subtree: true });
  }

  get #days(): HTMLAnchorElement[] {
    return [...this.querySelectorAll<HTMLAnchorElement>("a[data-date]")];
  }

  #oneStop(): void {
    const days = this.#days;
    if (days.includes(document.activeElement as HTMLAnchorElement)) return;
    const stop = days.find((day) => day.classList.contains("chosen")) ?? days[0];
    for (const day of days) {
      const wanted = day === stop ? "0" : "-1";
      if (day.getAttribute("tabindex") !== wanted) day.setAttribute("tabindex", wanted);
    }
  }

  #move(event: KeyboardEvent): void {
    const here = (event.target as Element).closest<HTMLAnchorElement>("a[data-date]");
    if (!here) return;
    const days = this.#days;
    const at = days.indexOf(here);
    const forward = getComputedStyle(this).direction === "rtl" ? -1 : 1;
    let next: HTMLAnchorElement | undefined;
    switch (event.key) {
      case "ArrowRight":
        next = days[at + forward];
        break;
      case "ArrowLeft":
        next = days[at - forward];
        break;
      case "ArrowDown":
        next = this.#aWeekFrom(here, 1);
        break;
      case "ArrowUp":
        next = this.#aWeekFrom(here, -1);
        break;
      case "Home":
        next = days[0];
        break;
      case "End":
        next = days.at(-1);
        break;
      case "PageDown":
        this.querySelector<HTMLElement>("[rel=next]")?.click();
        break;
      case "PageUp":
        this.querySelector<HTMLElement>("[rel=prev]")?.click();
        break;
      default:
        return;
    }
    event.preventDefault();
    if (next) {
      for (const day of days) day.tabIndex = -1;
      next.tabIndex = 0;
      next.focus();
    } else if (event.key === "ArrowRight" || event.key === "ArrowDown") {
      this.querySelector<HTMLElement>("[rel=next]")?.click();
    }
  }

  /** The free day nearest to one week later or earlier. */
  #aWeekFrom(here: HTMLAnchorElement, way: 1 | -1): HTMLAnchorElement | undefined {
    const date = (day: HTMLAnchorElement) => Number(day.dataset.date?.slice(-2));
    const wanted = date(here) + 7 * way;
    return this.#days
      .filter((day) => (date(day) - date(here)) * way > 0)
      .sort((a, b) => Math.abs(date(a) - wanted) - Math.abs(date(b) - wanted))[0];
  }
}
customElements.define("i24-month", Month);

/** Says how long a time is still held: at the start, at one minute, and when it is over. */
class Countdown extends HTMLElement {
  #timer = 0;

  connectedCallback(): void {
    // Seconds as the server counts them: the clock of the device may be wrong.
    const until = Date.now() + 1000 * Number(this.dataset.seconds);
    const tick = () => {
      const left = Math.max(0, Math.round((until - Date.now()) / 1000));
      const shown = this.querySelector("[data-left]");
      if (shown) shown.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
      const said = this.querySelector("[role=status]");
      if (said && left === 60) said.textContent = this.dataset.soon ?? "";
      if (left === 0) {
        clearInterval(this.#timer);
        if (said) said.textContent = this.dataset.over ?? "";
        this.querySelector("[data-running]")?.setAttribute("hidden", "");
      }
    };
    this.querySelector(".needs-script")?.classList.remove("needs-script");
    tick();
    this.#timer = window.setInterval(tick, 1000);
  }

  disconnectedCallback(): void {
    clearInterval(this.#timer);
  }
}
customElements.define("i24-countdown", Countdown);

// The chosen time in words beside the button.
document.addEventListener("change", (event) => {
  const field = event.target as HTMLInputElement;
  if (field.name === "start" && field.dataset.label) {
    const shown = document.querySelector("#chosen");
    if (shown) shown.textContent = field.dataset.label;
  }
  if (field.matches("select[data-submit]")) field.form?.requestSubmit();
});

// One press is one booking: the server makes sure, this only says so.
document.addEventListener("submit", (event) => {
  const button = (event as SubmitEvent).submitter;
  if (!button?.matches(".btn.primary, .btn.danger") || event.defaultPrevented) return;
  if (button.getAttribute("aria-busy") === "true") event.preventDefault();
  else setTimeout(() => button.setAttribute("aria-busy", "true"));
});
addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("[aria-busy=true]")) button.removeAttribute("aria-busy");
});

// The device's zone, for the next page: this one can be switched by hand.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone && !document.cookie.includes("tz=")) {
  document.cookie = `tz=${zone};path=/;max-age=31536000;samesite=lax`;
}

// Someone booked or cancelled: look again, but never under the visitor's fingers.
const live = document.querySelector<HTMLElement>("[data-live]");
if (live?.dataset.live) {
  const stream = new EventSource(live.dataset.live);
  stream.addEventListener("slots", () => {
    const chosen = document.querySelector<HTMLInputElement>("#slots input[name=start]:checked");
    live.dispatchEvent(new CustomEvent("slots"));
    if (chosen) live.dataset.chosen = chosen.value;
  });
  addEventListener("pagehide", () => stream.close());
}

// After a part changed: keep the chosen time, the focus, and say what was lost.
let inMonth = false;
document.addEventListener("htmx:before:swap", () => {
  inMonth = Boolean(document.activeElement?.closest("i24-month"));
});
document.addEventListener("htmx:after:swap", () => {
  if (inMonth && document.activeElement === document.body) {
    const day = document.querySelector<HTMLElement>('i24-month a[tabindex="0"]');
    (day ?? document.querySelector<HTMLElement>("i24-month [rel=next]"))?.focus();
  }
  const wanted = live?.dataset.chosen;
  if (!live || !wanted) return;
  delete live.dataset.chosen;
  const again = [...document.querySelectorAll<HTMLInputElement>("#slots input[name=start]")];
  const same = again.find((field) => field.value === wanted);
  const shown = document.querySelector<HTMLElement>("#chosen");
  if (same) {
    same.checked = true;
    if (shown) shown.textContent = same.dataset.label ?? "";
  } else if (shown) {
    shown.textContent = shown.dataset.gone ?? "";
  }
});

// In a frame of another site: tell it how tall this page is. It decides who may listen.
if (window.parent !== window) {
  const tell = () =>
    window.parent.postMessage({ infra24: "height", height: document.body.scrollHeight }, "*");
  new ResizeObserver(tell).observe(document.body);
  tell();
}
