import { useQuery } from "@tanstack/react-query";
import { earlierSlugsQuery } from "./queries.ts";
import { FailureNote } from "../../ui/failure.tsx";
import { words } from "../../api/errors.ts";
import type { Tenant } from "../../api/types.ts";
import classes from "./settings.module.css";
import { useTimes } from "./use-times.ts";

/** The workspace's earlier addresses that still lead to it. */
export function EarlierSlugs({ tenant }: { tenant: Tenant }) {
  const { dateWords, fullTime } = useTimes();
  const earlier = useQuery(earlierSlugsQuery(tenant.slug));
  if (earlier.isError) return <FailureNote>{words(earlier.error)}</FailureNote>;
  if (!earlier.data || earlier.data.length === 0) return null;
  return (
    <section aria-labelledby="earlier">
      <h3 id="earlier" className={classes.earlierHead}>
        Earlier addresses
      </h3>
      <p className={classes.hint}>Links to these lead here, and nobody else can take them, until the date shown.</p>
      <ul className={classes.earlier}>
        {earlier.data.map(({ slug, keptUntil }) => (
          <li key={slug}>
            <span>
              {window.location.host}/<strong>{slug}</strong>
            </span>
            <time translate="no" dateTime={keptUntil} title={fullTime(keptUntil)}>
              until {dateWords(keptUntil)}
            </time>
          </li>
        ))}
      </ul>
    </section>
  );
}
