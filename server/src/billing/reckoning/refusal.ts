export type RefusalReason =
  | "already_cancelled"
  | "ended"
  | "not_cancelled"
  | "nothing_changes"
  /** The period is over: renew first. */
  | "period_over"
  | "quote_expired"
  | "revision_moved"
  /** The server missed more periods than it may bill by itself. */
  | "too_many_missed";

/** A step that a subscription can't take now. Nothing has changed. */
export class Refusal extends Error {
  override name = "Refusal";
  readonly reason: RefusalReason;

  constructor(reason: RefusalReason) {
    super(`refused: ${reason}`);
    this.reason = reason;
  }
}
