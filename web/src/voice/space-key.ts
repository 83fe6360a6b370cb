/** Whether Space, pressed while this element has the focus, means "talk" rather than what the element makes of it. */
export function spaceMeansTalk(focused: Element | null): boolean {
  if (!focused) return true;
  return focused.closest(NOT_TALK) === null;
}

/** Where Space types, toggles, opens, chooses or seeks. Buttons and links are left to Enter while there is a channel to talk on. */
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
