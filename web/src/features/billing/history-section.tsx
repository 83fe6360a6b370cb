import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import type { AuditEntry } from "../../api/types.ts";
import { paths } from "../../paths.ts";
import { Address } from "../../ui/address.tsx";
import { LoadFailure } from "../../ui/failure.tsx";
import { fieldWords, sentence } from "../audit-log/audit-words.ts";
import settings from "../tenants/settings.module.css";
import { useTenant } from "../tenants/tenant-context.ts";
import { useTimes } from "../tenants/use-times.ts";
import classes from "./billing.module.css";
import { billingHistoryQuery } from "./queries.ts";

/** The fields whose value changed. The audit log also shows what an entry only mentions, such as an invoice's sum. */
function changedFields({ changes }: AuditEntry): string[] {
  return Object.entries(changes).flatMap(([field, { from }]) => (from === undefined ? [] : [field]));
}

/** The audit log's entries about billing. */
export function HistorySection() {
  const { slug } = useTenant();
  const { dateWords, fullTime } = useTimes();
  const { data: entries, ...query } = useQuery(billingHistoryQuery(slug));
  return (
    <section className={settings.section} aria-labelledby="history">
      <h2 id="history">History</h2>
      {query.isPending && <Skeleton height={80} radius="lg" />}
      {query.isError && !entries && <LoadFailure error={query.error} retry={() => void query.refetch()} />}
      {entries?.length === 0 && <p className={settings.hint}>Nobody has changed anything here yet.</p>}
      {entries && entries.length > 0 && (
        <ul className={classes.holders}>
          {entries.map((entry) => {
            const [actor, did, target] = sentence(entry);
            const fields = changedFields(entry).map(fieldWords);
            return (
              <li key={entry.sequence}>
                <span className={classes.holder}>
                  <span>
                    <strong translate="no">{actor}</strong> {did}{" "}
                    {target && (
                      <strong>
                        <Address>{target}</Address>
                      </strong>
                    )}
                  </span>
                  {fields.length > 0 && <span className={classes.dim}>{fields.join(", ")}</span>}
                </span>
                <time className={classes.dim} dateTime={entry.occurredAt} title={fullTime(entry.occurredAt)}>
                  {dateWords(entry.occurredAt)}
                </time>
              </li>
            );
          })}
        </ul>
      )}
      <Link to={paths.auditLogAbout(slug, "group:billing")} className={classes.link}>
        See all of it in the audit log
      </Link>
    </section>
  );
}
