/** A setting, folder or port is unusable. The operator reads the message, which needs no stack trace. */
export class StartupError extends Error {
  override name = "StartupError";
}
