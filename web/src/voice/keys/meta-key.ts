/** Whether Command (the Windows key on other systems) is part of this event. While it is down, macOS sends no keyup of other keys. */
export function isMeta({ key, metaKey }: Pick<KeyboardEvent, "key" | "metaKey">): boolean {
  // Firefox called it OS before version 118.
  return metaKey || key === "Meta" || key === "OS";
}
