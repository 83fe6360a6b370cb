import { useState } from "react";
import { flushSync } from "react-dom";
import { type FailureCode, failureCode, formFailure } from "./errors.ts";

interface Form<Values> {
  getValues: () => Values;
  setErrors: (errors: Record<string, string>) => void;
  validate: () => { hasErrors: boolean; errors: Record<string, unknown> };
}

/** Submits a form, one request at a time. Shows the server's messages beside the fields, and focuses the first invalid field. */
export function useSubmit<Values extends Record<string, unknown>>(
  form: Form<Values>,
  send: (values: Values) => Promise<void>,
): {
  busy: boolean;
  failure: string | null;
  code: FailureCode | null;
  onSubmit: (event: React.SyntheticEvent<HTMLFormElement>) => void;
} {
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const [code, setCode] = useState<FailureCode | null>(null);

  async function submit(element: HTMLFormElement) {
    if (busy) return;
    setFailure(null);
    setCode(null);
    if (form.validate().hasErrors) return focusFirstError(element);
    setBusy(true);
    const sent = { ...form.getValues() };
    try {
      await send(sent);
    } catch (error) {
      const { fields, form: above } = formFailure(error, Object.keys(sent));
      const now = form.getValues();
      // A field that was edited meanwhile no longer holds the value that the server refused.
      const errors = Object.fromEntries(Object.entries(fields).filter(([name]) => now[name] === sent[name]));
      // Synchronously, because on a busy machine the next frame may come before React has marked the fields.
      flushSync(() => {
        form.setErrors(errors);
        setFailure(above);
        setCode(failureCode(error));
      });
      focusFirstError(element);
    } finally {
      setBusy(false);
    }
  }

  return {
    busy,
    failure,
    code,
    onSubmit: (event) => {
      event.preventDefault();
      void submit(event.currentTarget);
    },
  };
}

function focusFirstError(form: HTMLFormElement): void {
  // Waits until React has marked the fields.
  requestAnimationFrame(() => form.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
}
