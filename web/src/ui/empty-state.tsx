import classes from "./pieces.module.css";

interface EmptyStateProps {
  icon: React.ReactNode;
  title: string;
  /** Level of the heading; 1 if the empty state is the whole page. */
  level?: 1 | 2 | 3;
  children?: React.ReactNode;
  action?: React.ReactNode;
}

/** Says what belongs in an empty place, and offers the first step. */
export function EmptyState({ icon, title, level = 2, children, action }: EmptyStateProps) {
  const Heading = `h${level}` as const;
  return (
    <div className={classes.empty}>
      <span className={classes.emptyIcon} aria-hidden>
        {icon}
      </span>
      <Heading className={classes.emptyTitle}>{title}</Heading>
      {children && <p className={classes.emptyText}>{children}</p>}
      {action}
    </div>
  );
}
