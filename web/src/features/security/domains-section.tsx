import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { LoadFailure } from "../../ui/failure.tsx";
import settings from "../tenants/settings.module.css";
import { useTenant } from "../tenants/tenant-context.ts";
import { DomainClaim } from "./domain-claim.tsx";
import { DomainItem } from "./domain-item.tsx";
import classes from "./security.module.css";
import { domainsQuery } from "./queries.ts";

/** The domains of the workspace's email addresses: claimed, proved by a DNS record, and checked daily. */
export function DomainsSection() {
  const { slug, name } = useTenant();
  const domains = useQuery(domainsQuery(slug));
  return (
    <section className={settings.section} aria-labelledby="domains-title">
      <h2 id="domains-title">Domains</h2>
      <p className={settings.hint}>
        Prove that the part after @ in your email addresses belongs to {name}. whoot looks for the proof every day. Only one
        workspace can have a domain.
      </p>
      {domains.isPending && <Skeleton height={72} radius="md" />}
      {domains.isError && !domains.data && <LoadFailure error={domains.error} retry={() => void domains.refetch()} />}
      {domains.data && domains.data.items.length > 0 && (
        <ul className={classes.list} aria-label="Domains">
          {domains.data.items.map((domain) => (
            <DomainItem key={domain.domainId} domain={domain} />
          ))}
        </ul>
      )}
      {domains.data?.can.claim && <DomainClaim />}
    </section>
  );
}
