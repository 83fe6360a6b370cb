/**
 * One person, one microphone, one line: whoever begins to talk in one tab has every other tab of this browser let go. Otherwise a
 * hands-free talk left on in one workspace would carry what is said in another.
 * @param onOther another tab begins to talk
 */
export function makeOneVoice(onOther: () => void) {
  // Does not speak to itself.
  const line = new BroadcastChannel("whoot.talk");
  line.addEventListener("message", onOther);
  return {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a BroadcastChannel speaks to its own origin only
    begin: () => line.postMessage("talk"),
    close: () => line.close(),
  };
}
