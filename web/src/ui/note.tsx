import classes from "./pieces.module.css";

interface NoteProps {
  tone: "amber" | "teal" | "plain";
  icon: React.ReactNode;
  title?: string;
  children?: React.ReactNode;
  action?: React.ReactNode;
}

export function Note({ tone, icon, title, children, action }: NoteProps) {
  return (
    <div className={classes.note} data-tone={tone}>
      {icon}
      <div className={classes.noteBody}>
        {title && <strong>{title}</strong>}
        {children}
      </div>
      {action}
    </div>
  );
}
