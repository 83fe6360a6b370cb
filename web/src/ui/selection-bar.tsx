import { CloseButton } from "@mantine/core";
import classes from "./selection-bar.module.css";
import bar from "./sticky-bar.module.css";

interface SelectionBarProps {
  /** The bar's name: "Selected people". */
  label: string;
  /** "3 people selected"; null while nothing is. */
  selected: string | null;
  clearLabel: string;
  clear: () => void;
  /** The buttons, what destroys last. */
  children: React.ReactNode;
}

/** What can be done with the rows that are selected; in sight while some are. */
export function SelectionBar({ label, selected, clearLabel, clear, children }: SelectionBarProps) {
  return (
    <>
      {/* A live region that comes with its text is not read out: this one is there before. */}
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
