// The staff's list of bookings: keys, ticks, and a look again when something was booked. It works without this.
const list = document.querySelector<HTMLElement>("#bookings");

function rows(): HTMLTableRowElement[] {
  return [...document.querySelectorAll<HTMLTableRowElement>("tr[data-booking]")];
}

function ticks(): HTMLInputElement[] {
  return [...document.querySelectorAll<HTMLInputElement>("#many input[name=booking]")];
}

function say(): void {
  const shown = document.querySelector<HTMLElement>("#ticked");
  const count = ticks().filter((tick) => tick.checked).length;
  if (shown) shown.textContent = count ? (shown.dataset.some ?? "").replace("#", String(count)) : (shown.dataset.none ?? "");
}

function step(by: 1 | -1): void {
  const all = rows();
  const at = all.findIndex((row) => row.contains(document.activeElement));
  const next = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + by))];
  next?.querySelector<HTMLAnchorElement>("a")?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

document.addEventListener("keydown", (event) => {
  const field = (event.target as Element).closest("input:not([type=checkbox]), select, textarea");
  if (field || event.ctrlKey || event.metaKey || event.altKey) return;
  const row = document.activeElement?.closest("tr[data-booking]");
  const press = (value: string) => document.querySelector<HTMLButtonElement>(`#many button[value=${value}]`)?.click();
  switch (event.key) {
    case "j": case "ArrowDown": step(1); break;
    case "k": case "ArrowUp": step(-1); break;
    case "x": row?.querySelector<HTMLInputElement>("input[type=checkbox]")?.click(); break;
    case "/": document.querySelector<HTMLInputElement>("#search")?.focus(); break;
    case "a": press("confirm"); break;
    case "c": press("cancel"); break;
    case "1": case "2": case "3": case "4": case "5":
      document.querySelectorAll<HTMLAnchorElement>("a[data-view]")[Number(event.key) - 1]?.click(); break;
    default: return;
  }
  event.preventDefault();
});

document.addEventListener("change", (event) => {
  const field = event.target as HTMLInputElement;
  if (field.matches("select[data-submit]")) field.form?.requestSubmit();
  if (field.name === "booking") say();
});

/** Something changed: fetch the list again unless someone is in the middle of something. */
async function again(): Promise<void> {
  if (ticks().some((tick) => tick.checked) || document.activeElement?.matches("#filters *")) return;
  const answer = await fetch(location.href, { headers: { "hx-request-type": "partial" } });
  if (!answer.ok || !list) return;
  const focused = document.activeElement?.closest<HTMLElement>("tr[data-booking]")?.dataset.booking;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  list.replaceChildren(...fresh.body.childNodes);
  if (focused) document.querySelector<HTMLElement>(`tr[data-booking="${focused}"] a`)?.focus();
  say();
}

if (list?.dataset.live) {
  const stream = new EventSource(list.dataset.live);
  stream.addEventListener("changed", () => void again());
  addEventListener("pagehide", () => stream.close());
}
say();
