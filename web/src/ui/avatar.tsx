import { initials } from "./initials.ts";
import classes from "./pieces.module.css";

interface AvatarProps {
  name: string;
  /** In pixels. */
  size: 24 | 32 | 40;
  className?: string | undefined;
}

/** A person's initials in a circle. Hidden from screen readers: the name stands beside it. */
export function Avatar({ name, size, className = "" }: AvatarProps) {
  return (
    <span className={`${classes.avatar} ${className}`} data-size={size} aria-hidden>
      {initials(name)}
    </span>
  );
}
