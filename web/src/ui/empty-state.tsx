import classes from "./pieces.module.css";

interface EmptyStateProps {
  icon: React.ReactNode;
  title: string;
  children?: React.ReactNode;
  action?: React.ReactNode;
}

/** What belongs here, and the first step. */
export function EmptyState({ icon, title, children, action }: EmptyStateProps) {
  return (
    <div className={classes.empty}>
      <span className={classes.emptyIcon} aria-hidden>
        {icon}
      </span>
      <h2 className={classes.emptyTitle}>{title}</h2>
      {children && <p className={classes.emptyText}>{children}</p>}
      {action}
    </div>
  );
}
