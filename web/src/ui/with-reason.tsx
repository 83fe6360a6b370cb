import { Tooltip } from "@mantine/core";
import { cloneElement, useId } from "react";

interface Disableable {
  "aria-disabled"?: boolean | undefined;
  "aria-describedby"?: string | undefined;
  "data-disabled"?: boolean | undefined;
  onClick?: ((event: React.MouseEvent) => void) | undefined;
}

interface WithReasonProps {
  /** Why it can't be used; null when it can. */
  reason: string | null;
  children: React.ReactElement<Disableable>;
}

/**
 * Disables a control and shows why, rather than hiding it. `aria-disabled` keeps the control focusable, so that keyboard and
 * screen reader users reach the reason too.
 */
export function WithReason({ reason, children }: WithReasonProps) {
  const id = useId();
  if (reason === null) return children;
  return (
    <>
      <Tooltip label={reason} events={{ hover: true, focus: true, touch: true }}>
        {cloneElement(children, {
          "aria-disabled": true,
          "data-disabled": true,
          "aria-describedby": id,
          onClick: (event) => event.preventDefault(),
        })}
      </Tooltip>
      <span id={id} hidden>
        {reason}
      </span>
    </>
  );
}
