import { PasswordInput, type PasswordInputProps } from "@mantine/core";

/** Sets `aria-invalid`, as Mantine does for every other field: useSubmit focuses the first field that has it. */
export function PasswordField(props: PasswordInputProps) {
  return <PasswordInput {...props} aria-invalid={props.error ? true : undefined} />;
}
