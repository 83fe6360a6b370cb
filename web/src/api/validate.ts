import type { z } from "zod";

/** A form's validation by a schema of the contract: the first message of each field. */
export function validateWith(schema: z.ZodType): (values: unknown) => Record<string, string> {
  return (values) => {
    const checked = schema.safeParse(values);
    const errors: Record<string, string> = {};
    for (const issue of checked.error?.issues ?? []) errors[issue.path.join(".")] ??= issue.message;
    return errors;
  };
}
