/** Gives what the page holds to the browser as a file to keep. */
export function saveFile(name: string, content: Blob): void {
  const url = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The download may begin after this task.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
