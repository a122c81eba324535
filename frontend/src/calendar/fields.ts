// The fields that both dialogs have: the resource, the start and the end, in the organization's wall time.

export { between, field, plus } from "./wall";

export function drawn(dialog: HTMLDialogElement): { column: string; start: string; end: string } {
  const value = (name: string) =>
    dialog.querySelector<HTMLInputElement | HTMLSelectElement>(`[name=${name}]`)!.value;
  return { column: value("resource_id"), start: value("local_start"), end: value("local_end") };
}
