import { MIN_PASSWORD_ALONE } from "#contract/passwords.ts";
import type { PasswordInputProps } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useEffect, useState } from "react";
import { PasswordField } from "../../ui/password-field.tsx";
import classes from "./new-password-field.module.css";

/** How many characters are scored. The time grows with the length, and a longer password is strong enough. */
const SCORED = 64;

type Judge = typeof import("./password-judge.ts");

const WORDS = ["Very easy to guess", "Easy to guess", "Could be stronger", "Strong", "Very strong"] as const;

interface NewPasswordFieldProps extends PasswordInputProps {
  /** The fewest characters; those of an account without a second factor by default. */
  min?: number;
}

/** A field for a new password with a meter of how hard it is to guess. The scorer is loaded when the person types. */
export function NewPasswordField({ min = MIN_PASSWORD_ALONE, onChange, ...props }: NewPasswordFieldProps) {
  const [lastTyped, setTyped] = useState("");
  const typed = typeof props.value === "string" ? props.value : lastTyped;
  const [password] = useDebouncedValue(typed, 200);
  const [judge, setJudge] = useState<Judge | null>(null);
  const hasTyped = typed !== "";
  useEffect(() => {
    if (!hasTyped) return;
    // If the scorer can't be loaded, there is no meter. The server refuses common passwords anyway.
    void import("./password-judge.ts").then(setJudge).catch(() => {});
  }, [hasTyped]);
  const score = password === "" || !judge ? null : judge.scoreOf(password.slice(0, SCORED));
  return (
    <div>
      <PasswordField
        description={`At least ${min} characters. A few words are easy to remember.`}
        autoComplete="new-password"
        {...props}
        onChange={(event) => {
          setTyped(event.currentTarget.value);
          onChange?.(event);
        }}
      />
      <div className={classes.meter} data-score={score ?? undefined} hidden={score === null} aria-hidden>
        {WORDS.slice(1).map((word, index) => (
          <span key={word} data-on={score !== null && index < Math.max(1, score)} />
        ))}
      </div>
      <p role="status" className={classes.words}>
        {score !== null && WORDS[score]}
      </p>
    </div>
  );
}
