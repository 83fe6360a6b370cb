import { afterAll, beforeAll } from "vitest";
import { StandIn } from "./stand-in.ts";

/** Call it before useServer, and pass its settings there. */
export function useStripe(): StandIn {
  const standIn = new StandIn();
  beforeAll(() => standIn.listen());
  afterAll(() => standIn.close());
  return standIn;
}
