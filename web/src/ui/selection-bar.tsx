import { CloseButton } from "@mantine/core";
import classes from "./selection-bar.module.css";
import bar from "./sticky-bar.module.css";

interface SelectionBarProps {
  /** Accessible name, as "Selected people". */
  label: string;
  /** "3 people selected"; null while nothing is selected. */
  selected: string | null;
  clearLabel: string;
  clear: () => void;
  /** The buttons; the destructive one comes last. */
  children: React.ReactNode;
}

/** Actions for the selected rows; shown while some are selected. */
export function SelectionBar({ label, selected, clearLabel, clear, children }: SelectionBarProps) {
  return (
    <>
      {/* Always mounted: a live region that appears together with its text is not announced. */}
      <div className={classes.announced} role="status">
        {selected}
      </div>
      {selected !== null && (
        <section className={bar.bar} aria-label={label} data-sticky-bar>
          <span className={classes.count}>
            <CloseButton aria-label={clearLabel} onClick={clear} />
            {selected}
          </span>
          <span className={bar.actions}>{children}</span>
        </section>
      )}
    </>
  );
}
