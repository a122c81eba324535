// The staff's list of bookings: keys, ticks, and a look again when something was booked. It works without this.
const list = document.querySelector<HTMLElement>("#bookings");
const SINGLE = "infra24-single-keys";
let stale = false;

/** Whether single letters are keys: the same choice as on the calendar. */
function isSingle(): boolean {
  return localStorage.getItem(SINGLE) !== "off";
}

function rows(): HTMLTableRowElement[] {
  return [...document.querySelectorAll<HTMLTableRowElement>("tr[data-booking]")];
}

function ticks(): HTMLInputElement[] {
  return [...document.querySelectorAll<HTMLInputElement>("#many input[name=booking]")];
}

function say(): void {
  const shown = document.querySelector<HTMLElement>("#ticked");
  const count = ticks().filter((tick) => tick.checked).length;
  if (shown)
    shown.textContent = count
      ? (shown.dataset.some ?? "").replace("#", String(count))
      : (shown.dataset.none ?? "");
  const keys = document.querySelector<HTMLInputElement>("#keys");
  if (keys) keys.checked = isSingle();
  document.querySelector(".tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
}

function step(by: 1 | -1): void {
  const all = rows();
  const at = all.findIndex((row) => row.contains(document.activeElement));
  const next = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + by))];
  next?.querySelector<HTMLAnchorElement>("a")?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

/** What a key does to the ticked ones; with none ticked, to the one that has the focus. */
function press(action: string, row: Element | null | undefined): void {
  const own = row?.querySelector<HTMLInputElement>("input[type=checkbox]");
  if (own && !ticks().some((tick) => tick.checked)) own.checked = true;
  document.querySelector<HTMLButtonElement>(`#many button[data-action=${action}]`)?.click();
}

document.addEventListener("keydown", (event) => {
  const field = (event.target as Element).closest("input:not([type=checkbox]), select, textarea");
  if (field || event.ctrlKey || event.metaKey || event.altKey) return;
  const row = document.activeElement?.closest("tr[data-booking]");
  const arrow = event.key === "ArrowDown" || event.key === "ArrowUp";
  if (arrow ? !row : !isSingle()) return;
  switch (event.key) {
    case "j":
    case "ArrowDown":
      step(1);
      break;
    case "k":
    case "ArrowUp":
      step(-1);
      break;
    case "x":
      row?.querySelector<HTMLInputElement>("input[type=checkbox]")?.click();
      break;
    case "/":
      document.querySelector<HTMLInputElement>("#search")?.focus();
      break;
    case "a":
      press("approve", row);
      break;
    case "c":
      press("cancel", row);
      break;
    case "1":
    case "2":
    case "3":
    case "4":
    case "5":
      document.querySelectorAll<HTMLAnchorElement>("a[data-view]")[Number(event.key) - 1]?.click();
      break;
    default:
      return;
  }
  event.preventDefault();
});

document.addEventListener("change", (event) => {
  const field = event.target as HTMLInputElement;
  if (field.matches("select[data-submit]")) field.form?.requestSubmit();
  if (field.id === "keys") localStorage.setItem(SINGLE, field.checked ? "on" : "off");
  if (field.name === "booking") say();
  if (stale) void again();
});
document.addEventListener("focusout", () => {
  if (stale) setTimeout(() => void again());
});

/** Whether someone is in the middle of something that a fresh list would take from them. */
function isBusy(): boolean {
  const reads = document.querySelector("#bookings [role=alert]") !== null;
  return (
    reads || ticks().some((tick) => tick.checked) || document.activeElement?.matches("#filters *") === true
  );
}

/** Something changed: fetch the list again, or say so and wait until nobody is in the middle of something. */
async function again(): Promise<void> {
  stale = isBusy();
  const news = document.querySelector<HTMLElement>("#news");
  if (stale) {
    if (news?.hidden) {
      news.hidden = false;
      news.textContent = news.dataset.say ?? "";
    }
    return;
  }
  const answer = await fetch(location.href, { headers: { "hx-request-type": "partial" } });
  if (!answer.ok || !list) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (isBusy()) return void again();
  const focused = document.activeElement?.closest<HTMLElement>("tr[data-booking]")?.dataset.booking;
  const open = document.querySelector<HTMLDetailsElement>(".keys")?.open;
  list.replaceChildren(...fresh.body.childNodes);
  if (open) document.querySelector(".keys")?.setAttribute("open", "");
  if (focused)
    document.querySelector<HTMLElement>(`tr[data-booking="${focused}"] a`)?.focus({ preventScroll: true });
  say();
}

if (list?.dataset.live) {
  const stream = new EventSource(list.dataset.live);
  stream.addEventListener("changed", () => void again());
  addEventListener("pagehide", () => stream.close());
}
say();
