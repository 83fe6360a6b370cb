import { Link } from "react-router";
import { useMeIfSignedIn } from "../accounts/use-me-if-signed-in.ts";
import { paths } from "../../paths.ts";
import { Logo } from "../../ui/logo.tsx";
import { Palette } from "../palette/palette.tsx";
import { TenantSwitcher } from "../switcher/tenant-switcher.tsx";
import classes from "./auth-frame.module.css";

/** Heights of the decorative bars beside the form: the waveform of one spoken word. */
const BARS = [10, 16, 30, 52, 78, 92, 70, 84, 60, 40, 54, 74, 96, 80, 50, 34, 22, 40, 58, 36, 20, 12];

interface AuthFrameProps {
  title: string;
  lead?: React.ReactNode;
  children: React.ReactNode;
  after?: React.ReactNode;
}

export function AuthFrame({ title, lead, children, after }: AuthFrameProps) {
  const me = useMeIfSignedIn();
  return (
    <div className={classes.frame}>
      <aside className={classes.brand}>
        <p className={classes.claim}>
          Hold a key.
          <br />
          Be heard at once.
        </p>
        <svg className={classes.bars} viewBox={`0 0 ${BARS.length * 16} 100`} aria-hidden>
          {BARS.map((height, index) => (
            <rect key={index} x={index * 16 + 4} y={(100 - height) / 2} width="8" height={height} rx="4" />
          ))}
        </svg>
        <p className={classes.small}>Voice channels for your team, on your own server.</p>
      </aside>
      <div className={classes.side}>
        <header className={classes.head}>
          <Link to={paths.home()} className={classes.home} aria-label="whoot, start page">
            <Logo />
          </Link>
          {me && <Palette />}
          {me && <TenantSwitcher current={null} />}
        </header>
        <main className={classes.main}>
          <h1 className={classes.title}>{title}</h1>
          {lead && <p className={classes.lead}>{lead}</p>}
          {children}
          {after && <div className={classes.after}>{after}</div>}
        </main>
      </div>
    </div>
  );
}
