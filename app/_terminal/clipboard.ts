/** Copies text, also where the page is not a secure context (plain http in a school's network). False: it was refused. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyByEvent(text); // not allowed, or no clipboard API here
  }
}

/** Answers the browser's copy event: a hidden field to copy from loses the focus at once while a menu is open. */
function copyByEvent(text: string): boolean {
  const answer = (event: ClipboardEvent) => {
    event.clipboardData?.setData("text/plain", text);
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  window.addEventListener("copy", answer, true);
  try {
    return document.execCommand("copy");
  } finally {
    window.removeEventListener("copy", answer, true);
  }
}

/** Undefined where the browser does not let pages read the clipboard. */
export async function readClipboard(): Promise<string | undefined> {
  try {
    return await navigator.clipboard.readText();
  } catch {
    return undefined;
  }
}
