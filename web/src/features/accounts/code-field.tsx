import { Anchor, TextInput, type TextInputProps } from "@mantine/core";
import { useState } from "react";

/** A code of the authenticator app, or instead a recovery code. The server takes either. */
export function CodeField(props: TextInputProps) {
  const [recovery, setRecovery] = useState(false);
  const kind = recovery
    ? { label: "Recovery code", description: "One of the ten that you kept. Each works once." }
    : { label: "Code", description: "The 6 digits that your authenticator app shows.", inputMode: "numeric" as const };
  return (
    <div>
      <TextInput
        {...kind}
        autoComplete={recovery ? "off" : "one-time-code"}
        autoCapitalize="none"
        spellCheck={false}
        maxLength={64}
        {...props}
      />
      <Anchor component="button" type="button" size="sm" mt={8} onClick={() => setRecovery(!recovery)}>
        {recovery ? "Use the authenticator app" : "Use a recovery code"}
      </Anchor>
    </div>
  );
}
