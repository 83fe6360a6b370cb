import { PasswordInput, type PasswordInputProps } from "@mantine/core";

/** Mantine tells the state of every other field by itself, and the first one that is wrong gets the focus by it. */
export function PasswordField(props: PasswordInputProps) {
  return <PasswordInput {...props} aria-invalid={props.error ? true : undefined} />;
}
