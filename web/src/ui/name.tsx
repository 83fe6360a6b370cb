import classes from "./pieces.module.css";

interface NameProps {
  children: string;
  /** Bold, for the main name of a sentence. */
  strong?: boolean;
}

/** A name that people typed: truncated at its end in either writing direction, and never translated. */
export function Name({ children, strong = false }: NameProps) {
  const Tag = strong ? "strong" : "span";
  return (
    <Tag className={classes.personOrThing} dir="auto" translate="no" title={children}>
      {children}
    </Tag>
  );
}
