import { ActionIcon, Tooltip } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconCopy } from "@tabler/icons-react";
import classes from "./security.module.css";

interface CopyFieldProps {
  label: string;
  /** Where to use the value, if there are several. */
  hint?: string;
  value: string;
  /** The name of the thing that the value belongs to, for the button's accessible name. */
  owner: string;
}

/** A value to be typed elsewhere, with a button that copies it. */
export function CopyField({ label, hint, value, owner }: CopyFieldProps) {
  async function copy() {
    try {
      await navigator.clipboard.writeText(value);
      notifications.show({ message: `${label} copied.` });
    } catch {
      notifications.show({ color: "brick", message: "Your browser doesn't let whoot copy. Select the text and copy it." });
    }
  }
  return (
    <div className={classes.field}>
      <dt>
        {label}
        {hint && <span className={classes.fieldHint}>{hint}</span>}
      </dt>
      <dd>
        <code translate="no">{value}</code>
        <Tooltip label="Copy">
          <ActionIcon
            variant="subtle"
            color="gray"
            size="lg"
            onClick={() => void copy()}
            aria-label={`Copy the ${label.toLowerCase()} for ${owner}`}
          >
            <IconCopy size={18} />
          </ActionIcon>
        </Tooltip>
      </dd>
    </div>
  );
}
