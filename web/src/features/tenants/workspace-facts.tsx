import type { Tenant } from "../../api/types.ts";
import { Fact, Facts } from "../../ui/facts.tsx";
import { timesOf } from "../../ui/time.ts";
import { useWallClock } from "../../ui/use-now.ts";
import classes from "./settings.module.css";
import { WorkspaceMark } from "./workspace-mark.tsx";

/** The workspace's settings as text, for people who can't change them. */
export function WorkspaceFacts({ tenant }: { tenant: Tenant }) {
  const { name, slug, display } = tenant;
  const now = new Date(useWallClock(10_000)).toISOString();
  return (
    <section className={classes.section} aria-labelledby="facts">
      <h2 id="facts">This workspace</h2>
      <div className={classes.beside}>
        <WorkspaceMark
          name={name}
          tenantId={tenant.tenantId}
          slug={slug}
          logoId={tenant.logoId}
          accentColour={display.accentColour}
          large
        />
        <Facts>
          <Fact term="Name" translate="no">
            {name}
          </Fact>
          <Fact term="Address" translate="no">
            {window.location.host}/{slug}
          </Fact>
          <Fact term="Time zone">
            {display.timeZone}, now <span translate="no">{timesOf(display).timeOfDay(now)}</span>
          </Fact>
          <Fact term="Clock">{display.clock === "12h" ? "12 hours: 2:05 PM" : "24 hours: 14:05"}</Fact>
          {tenant.can.talk && (
            <Fact term="Talk key">{display.talkKeyMode === "latch" ? "Press once to talk, again to stop" : "Hold to talk"}</Fact>
          )}
        </Facts>
      </div>
    </section>
  );
}
