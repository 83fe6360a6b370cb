import classes from "./pieces.module.css";

interface NoteProps {
  tone: "amber" | "teal" | "plain";
  icon: React.ReactNode;
  title?: string;
  children?: React.ReactNode;
  action?: React.ReactNode;
  /** Screen readers announce it when it appears. */
  announced?: boolean;
}

export function Note({ tone, icon, title, children, action, announced = false }: NoteProps) {
  return (
    <div className={classes.note} data-tone={tone} role={announced ? "status" : undefined}>
      {icon}
      <div className={classes.noteBody}>
        {title && <strong>{title}</strong>}
        {children}
      </div>
      {action}
    </div>
  );
}
