export type RefusalReason =
  | "already_cancelled"
  | "ended"
  | "not_cancelled"
  | "nothing_changes"
  /** The period is over and must be renewed first. */
  | "period_over"
  | "quote_expired"
  | "revision_moved"
  /** The server missed more periods than it may bill automatically. */
  | "too_many_missed";

/** A step that a subscription can't take now. Nothing was changed. */
export class Refusal extends Error {
  override name = "Refusal";
  readonly reason: RefusalReason;

  constructor(reason: RefusalReason) {
    super(`refused: ${reason}`);
    this.reason = reason;
  }
}
