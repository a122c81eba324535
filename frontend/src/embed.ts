// Puts a booking link into a page of another site: in place, or behind a button.
//   <script src="https://…/embed.js" data-link="https://…/l/visit" async></script>
//   data-mode="popup" data-text="Book a visit" shows a button that opens it.

interface Told {
  infra24?: string;
  height?: number;
}

function frame(link: string, title: string): HTMLIFrameElement {
  const address = new URL(link);
  address.searchParams.set("embed", "1");
  const made = document.createElement("iframe");
  made.src = address.href;
  made.title = title;
  made.loading = "lazy";
  Object.assign(made.style, { inlineSize: "100%", blockSize: "720px", border: "0", display: "block" });
  addEventListener("message", (event: MessageEvent<Told>) => {
    const told = event.data;
    const ours = event.source === made.contentWindow && event.origin === address.origin;
    if (ours && told?.infra24 === "height" && typeof told.height === "number") {
      made.style.blockSize = `${Math.min(Math.max(told.height, 200), 6000)}px`;
    }
  });
  return made;
}

function popup(script: HTMLScriptElement, link: string, title: string): void {
  const dialog = document.createElement("dialog");
  dialog.setAttribute("aria-label", title);
  Object.assign(dialog.style, {
    inlineSize: "min(960px, 96vw)",
    maxBlockSize: "92vh",
    padding: "0",
    border: "0",
    borderRadius: "16px",
  });
  const close = document.createElement("button");
  close.type = "button";
  close.textContent = script.dataset.close ?? "Close";
  Object.assign(close.style, {
    display: "block",
    marginInlineStart: "auto",
    padding: "12px 16px",
    border: "0",
    background: "none",
    font: "inherit",
    cursor: "pointer",
  });
  close.addEventListener("click", () => dialog.close());
  dialog.append(close);
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = title;
  button.className = "infra24-button";
  button.addEventListener("click", () => {
    if (!dialog.querySelector("iframe")) dialog.append(frame(link, title));
    dialog.showModal();
  });
  script.after(button, dialog);
}

for (const script of document.querySelectorAll<HTMLScriptElement>("script[data-link]")) {
  const link = script.dataset.link;
  if (!link || script.dataset.infra24 === "done") continue;
  script.dataset.infra24 = "done";
  const title = script.dataset.text ?? "Book";
  if (script.dataset.mode === "popup") popup(script, link, title);
  else script.after(frame(link, title));
}
