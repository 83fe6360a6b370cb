import classes from "./pieces.module.css";

export function Logo({ size = 32 }: { size?: number }) {
  return (
    <span className={classes.logo}>
      <img src="/logo.svg" width={size} height={size} alt="" />
      <span>whoot</span>
    </span>
  );
}
