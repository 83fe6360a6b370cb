import { Button } from "@mantine/core";
import { IconCircleCheck } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { useLocation } from "react-router";
import { api, call } from "../../api/client.ts";
import { words } from "../../api/errors.ts";
import { FailureNote } from "../../ui/failure.tsx";
import { Name } from "../../ui/name.tsx";
import { useReauthentication } from "../accounts/use-reauthentication.tsx";
import settings from "../tenants/settings.module.css";
import { useTenant } from "../tenants/tenant-context.ts";
import { goToProvider } from "./go-to-provider.ts";
import { mySsoQuery } from "./queries.ts";
import classes from "./sso.module.css";

/** The section's id, for links. */
export const MY_SSO = "my-sso";

/** Lets every member join their own account to the workspace's connections. Renders nothing when there are none. */
export function MySso() {
  const { slug, name: workspace } = useTenant();
  const { hash } = useLocation();
  const { data } = useQuery(mySsoQuery(slug));
  const section = useRef<HTMLElement>(null);
  const isShown = data !== undefined && data.items.length > 0;
  useEffect(() => {
    if (isShown && hash === `#${MY_SSO}`) section.current?.scrollIntoView({ block: "center" });
  }, [isShown, hash]);
  const { confirmed, dialog } = useReauthentication();
  const link = useMutation({
    mutationFn: async (connectionId: string) => {
      const { url } = await confirmed(() =>
        call(
          api.POST("/api/v1/tenants/{slug}/sso/connections/{connectionId}/link", { params: { path: { slug, connectionId } } }),
        ),
      );
      goToProvider(url);
    },
  });
  if (!isShown) return null;
  return (
    <section className={settings.section} aria-labelledby={MY_SSO} ref={section}>
      <h2 id={MY_SSO}>Your single sign-on</h2>
      <p className={settings.hint}>
        Join your account to your account at {workspace}&apos;s identity provider. You can then enter {workspace} through it.
      </p>
      <ul className={classes.list}>
        {data.items.map(({ connectionId, name, linked }) => (
          <li key={connectionId} className={classes.item}>
            <div className={classes.head}>
              <Name strong>{name}</Name>
              {linked ? (
                <span className={classes.state} data-state="on">
                  <IconCircleCheck size={18} aria-hidden />
                  Joined
                </span>
              ) : (
                <Button
                  variant="default"
                  loading={link.isPending && link.variables === connectionId}
                  onClick={() => link.mutate(connectionId)}
                >
                  Join my account to {name}
                </Button>
              )}
            </div>
          </li>
        ))}
      </ul>
      <FailureNote>{link.isError && words(link.error)}</FailureNote>
      {dialog}
    </section>
  );
}
