/** Makes the browser save the content as a download. */
export function saveFile(name: string, content: Blob): void {
  const url = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The download may start after this task.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
