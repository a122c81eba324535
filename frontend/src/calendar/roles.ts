// The calendar's own roles say "table" of what is none. Here it is a group of labelled buttons, which can be
// scrolled by keys; the table of the same is a page of its own.

const ROLES = "[role=row],[role=rowgroup],[role=columnheader],[role=rowheader],[role=cell],[role=table]";
const ABOUT = ["role", "aria-colindex", "aria-colspan", "aria-rowindex"];

export function mend(root: HTMLElement, name: string): void {
  const once = () => {
    for (const found of root.querySelectorAll(ROLES)) for (const about of ABOUT) found.removeAttribute(about);
    for (const label of root.querySelectorAll(".ec-col-head [aria-label], .ec-row-head [aria-label]")) {
      label.removeAttribute("aria-label");
    }
    for (const aside of root.querySelectorAll("aside:not([role])"))
      aside.setAttribute("role", "presentation");
    const main = root.querySelector<HTMLElement>(".ec-main");
    if (main && main.tabIndex !== 0) {
      main.tabIndex = 0;
      main.setAttribute("role", "group");
      main.setAttribute("aria-label", name);
    }
  };
  once();
  const watched = {
    childList: true,
    subtree: true,
    attributes: true,
    attributeFilter: ["role", "aria-label"],
  };
  new MutationObserver(once).observe(root, watched);
}
