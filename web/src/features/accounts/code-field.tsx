import { Anchor, TextInput, type TextInputProps } from "@mantine/core";
import { useState } from "react";

interface CodeFieldProps extends TextInputProps {
  /** Whether the account has an authenticator app. Without one, only recovery codes fit. */
  hasApp: boolean;
}

/** A code of the authenticator app, or instead a recovery code. The server takes either. */
export function CodeField({ hasApp, ...props }: CodeFieldProps) {
  const [wantsRecovery, setWantsRecovery] = useState(false);
  const recovery = wantsRecovery || !hasApp;
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
      {hasApp && (
        <Anchor component="button" type="button" size="sm" mt={8} onClick={() => setWantsRecovery(!recovery)}>
          {recovery ? "Use the authenticator app" : "Use a recovery code"}
        </Anchor>
      )}
    </div>
  );
}
