import classes from "./facts.module.css";

/** A list of terms with their values. */
export function Facts({ children }: { children: React.ReactNode }) {
  return <dl className={classes.facts}>{children}</dl>;
}

/** One term with its value. `translate`: "no" for text that people typed. */
export function Fact({ term, translate, children }: { term: string; translate?: "no"; children: React.ReactNode }) {
  return (
    <div>
      <dt>{term}</dt>
      <dd translate={translate}>{children}</dd>
    </div>
  );
}
