// Copy buttons: shown where there is a clipboard. Without this file the text can be selected by hand.

for (const button of document.querySelectorAll<HTMLButtonElement>("button[data-copy]")) {
  const field = document.getElementById(button.dataset.copy ?? "");
  if (!(field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement)) continue;
  const said = document.createElement("span");
  said.className = "only-heard";
  said.setAttribute("role", "status");
  button.after(said);
  field.addEventListener("focus", () => field.select());
  if (!navigator.clipboard) continue;
  button.classList.remove("needs-script");
  const words = [...button.childNodes];
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(field.value);
    button.textContent = said.textContent = button.dataset.done ?? "";
    setTimeout(() => {
      button.replaceChildren(...words);
      said.textContent = "";
    }, 2000);
  });
}
