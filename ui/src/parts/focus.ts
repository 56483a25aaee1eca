import type { Attachment } from "svelte/attachments";

/** Takes the focus when the element appears, without moving what is around it. */
export const takesFocus: Attachment<HTMLElement> = (element) => {
  element.focus({ preventScroll: true });
};

/** Moves the focus inside a list of options with the arrows, Home and End; true when the key was one of them. */
export function movesIn(list: HTMLElement, event: KeyboardEvent): boolean {
  const options = [...list.querySelectorAll<HTMLElement>('[role="option"]')];
  const at = options.findIndex((option) => option === document.activeElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: options.length - 1 }[event.key];
  if (to === undefined) return false;
  event.preventDefault();
  options[Math.max(0, Math.min(to, options.length - 1))]?.focus();
  return true;
}
