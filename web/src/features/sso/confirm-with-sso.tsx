import { Button } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { use } from "react";
import { useLocation } from "react-router";
import { api, call } from "../../api/client.ts";
import { words } from "../../api/errors.ts";
import { FailureNote } from "../../ui/failure.tsx";
import { TenantContext } from "../tenants/tenant-context.ts";
import { goToProviderInWindow } from "./go-to-provider.ts";
import { useWindowResult } from "./window-result.ts";
import { mySsoQuery } from "./queries.ts";
import classes from "./sso.module.css";

/**
 * The open workspace's connections to which the person is joined. Through them the person can authenticate again, for this workspace only.
 */
export function useJoinedConnections() {
  const slug = use(TenantContext)?.slug ?? null;
  const { data } = useQuery({ ...mySsoQuery(slug ?? ""), enabled: slug !== null });
  return data?.items.filter(({ linked }) => linked) ?? [];
}

interface ConfirmWithSsoProps {
  connections: readonly { connectionId: string; name: string }[];
  onDone: () => void;
}

export function ConfirmWithSso({ connections, onDone }: ConfirmWithSsoProps) {
  const slug = use(TenantContext)?.slug;
  const { pathname } = useLocation();
  const confirm = useMutation({
    mutationFn: (connectionId: string) =>
      goToProviderInWindow(
        () =>
          call(
            api.POST("/api/v1/sso/{connectionId}/start", { params: { path: { connectionId } }, body: { purpose: "confirm" } }),
          ),
        pathname,
      ),
  });
  useWindowResult(confirm.data === true, (result) => {
    if (result.what !== "confirmed" || result.slug !== slug) return false;
    onDone();
    return true;
  });
  if (connections.length === 0) return null;
  return (
    <div className={classes.form}>
      <FailureNote>{confirm.isError && words(confirm.error)}</FailureNote>
      {connections.map(({ connectionId, name }) => (
        <Button
          key={connectionId}
          variant="default"
          loading={confirm.isPending && confirm.variables === connectionId}
          onClick={() => confirm.mutate(connectionId)}
        >
          Confirm with {name}
        </Button>
      ))}
      <p role="status">{confirm.data === true && "Sign in in the other window. This page goes on by itself."}</p>
    </div>
  );
}
