import type { SsoConnection } from "../../api/types.ts";
import { providerWords } from "./guides.ts";

export const STEPS = ["about", "there", "here", "people", "test"] as const;
export type Step = (typeof STEPS)[number];

export const isStep = (step: string | undefined): step is Step => STEPS.includes(step as Step);

export function stepWords(step: Step, { provider }: Pick<SsoConnection, "provider">): string {
  const name = providerWords(provider);
  const words: Record<Step, string> = {
    about: "Provider",
    there: `Set up ${name}`,
    here: `Details of ${name}`,
    people: "Who gets in",
    test: "Test and switch on",
  };
  return words[step];
}

/** For the list of steps, which must fit one line. */
export const SHORT_STEPS: Record<Step, string> = {
  about: "Provider",
  there: "Set up there",
  here: "Enter here",
  people: "Who gets in",
  test: "Test",
};

/** Whether the provider's side is known already. */
export function knowsProvider({ saml, oidc }: Pick<SsoConnection, "saml" | "oidc">): boolean {
  return (saml?.idpEntityId ?? oidc?.issuer ?? null) !== null;
}

/** The first step that is not done; the last when all are. */
export function firstOpen(connection: SsoConnection): Step {
  if (!knowsProvider(connection)) return "there";
  return connection.ready ? "test" : "here";
}

/** Whether a step is done as far as whoot can know. It can't know what was set at the provider until something comes from there. */
export function isDone(step: Step, connection: SsoConnection): boolean {
  if (step === "about") return true;
  if (step === "test") return connection.enabled;
  return step === "there" ? knowsProvider(connection) : connection.ready;
}
