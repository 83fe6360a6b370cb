/** Whether Space talks while this element has the focus, rather than act on the element. */
export function spaceMeansTalk(focused: Element | null): boolean {
  if (!focused) return true;
  return focused.closest(NOT_TALK) === null;
}

/** Elements in which Space types, toggles, opens, chooses or seeks. Buttons and links are not among them: Enter activates those. */
const NOT_TALK = [
  "input",
  "textarea",
  "select",
  "summary",
  "audio",
  "[contenteditable]:not([contenteditable='false'])",
  ...["textbox", "searchbox", "combobox", "listbox", "option", "menu", "menuitem", "menuitemradio", "menuitemcheckbox"].map(
    (role) => `[role=${role}]`,
  ),
  ...["checkbox", "radio", "switch", "slider", "spinbutton", "tab", "dialog", "alertdialog"].map((role) => `[role=${role}]`),
  "[aria-haspopup]",
].join(",");
