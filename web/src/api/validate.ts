import type { z } from "zod";

/** The contract's own rules as a form's validation: one message per field, the first. */
export function validateWith(schema: z.ZodType): (values: unknown) => Record<string, string> {
  return (values) => {
    const checked = schema.safeParse(values);
    const errors: Record<string, string> = {};
    for (const issue of checked.error?.issues ?? []) errors[issue.path.join(".")] ??= issue.message;
    return errors;
  };
}
