/**
 * Allows talk in one tab only: a talk that begins in one tab of this browser ends the talk in all others. Otherwise a latched talk
 * in one workspace would carry what the person says in another.
 * @param onOther called when another tab begins to talk
 */
export function makeOneVoice(onOther: () => void) {
  // A BroadcastChannel does not receive its own messages.
  const line = new BroadcastChannel("whoot.talk");
  line.addEventListener("message", onOther);
  return {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a BroadcastChannel reaches its own origin only
    begin: () => line.postMessage("talk"),
    close: () => line.close(),
  };
}
